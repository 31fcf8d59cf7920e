"""Dates, amounts, rates and account numbers as documents show them.

In the language that is active, whatever the machine's locale: equal documents must give equal bytes
everywhere.
"""

from datetime import date
from decimal import Decimal

from babel.numbers import format_decimal
from django_countries import countries

from shop import languages
from shop.money import number


def day(value: date) -> str:
    return languages.day(value)


def amount(value: Decimal, currency: str) -> str:
    """The amount with the currency's decimal places (ISO 4217), without its code."""
    return number(value, currency)


def percentage(rate: Decimal) -> str:
    """0.190 is written as 19 %, 0.055 as 5.5 %, in German 5,5 %."""
    return f"{format_decimal(rate * 100, '0.#', locale=languages.locale())} %"


def count(value: int) -> str:
    """`1,200`, in German `1.200`."""
    return format_decimal(value, "#,##0", locale=languages.locale())


def country(code: str) -> str:
    """The name in capitals, as postal services require it on mail abroad."""
    return (countries.name(code) or code).upper()


def iban(value: str) -> str:
    """In groups of four (ISO 13616)."""
    plain = value.replace(" ", "")
    return " ".join(plain[start : start + 4] for start in range(0, len(plain), 4))
