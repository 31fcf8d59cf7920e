"""Dates, amounts, rates and account numbers as documents show them.

Independent of the process's locale: equal documents must give equal bytes on every machine.
"""

from datetime import date
from decimal import Decimal

from django.utils import translation
from django_countries import countries

from shop.money import number

MONTHS = ("January", "February", "March", "April", "May", "June", "July", "August")
MONTHS += ("September", "October", "November", "December")


def day(value: date) -> str:
    return f"{value.day} {MONTHS[value.month - 1]} {value.year}"


def amount(value: Decimal, currency: str) -> str:
    """The amount with the currency's decimal places (ISO 4217), without its code."""
    return number(value, currency)


def percentage(rate: Decimal) -> str:
    """0.190 is written as 19 %, 0.055 as 5.5 %."""
    return f"{(rate * 100).normalize():f} %"


def country(code: str) -> str:
    """The English name in capitals, as postal services require it on mail abroad."""
    with translation.override("en"):
        return (countries.name(code) or code).upper()


def iban(value: str) -> str:
    """In groups of four (ISO 13616)."""
    plain = value.replace(" ", "")
    return " ".join(plain[start : start + 4] for start in range(0, len(plain), 4))
