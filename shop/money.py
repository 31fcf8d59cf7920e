"""Amounts: `Decimal` and an ISO 4217 code, rounded half-up to the currency's minor unit.

Decimal places and formats are those of CLDR, as Babel has them.
"""

from decimal import ROUND_HALF_UP, Decimal
from functools import cache, lru_cache
from typing import NamedTuple

from babel import Locale
from babel.core import get_global
from babel.numbers import (
    NumberPattern,
    format_currency,
    get_currency_precision,
    get_territory_currencies,
    is_currency,
    parse_pattern,
)

MOST_PLACES = 3
"""Decimal places of the finest currency that people pay with, the Kuwaiti dinar among others."""

ENGLISH = Locale("en", "GB")
NUMBER = parse_pattern("#,##0.00")
# The code, since a sign may stand for several currencies; behind, so that columns align.
WITH_CODE = parse_pattern("#,##0.00 ¤¤")


class UnknownCurrency(ValueError):
    """There is no such currency, so nobody knows how many decimal places it has."""


class Amounts(NamedTuple):
    """`net + tax == total`, always, all rounded to the currency's minor unit."""

    net: Decimal
    tax: Decimal
    total: Decimal


def is_payable(currency: str) -> bool:
    """Whether a shop can sell in it: it is legal tender somewhere today, written in capitals."""
    return currency in _tender()


@lru_cache(maxsize=256)
def is_known(currency: str) -> bool:
    """Whether it is or was a currency (ISO 4217); a row may name one that is gone meanwhile."""
    return len(currency) == 3 and currency.isupper() and is_currency(currency)


@lru_cache(maxsize=256)
def decimal_places(currency: str) -> int:
    """Of the currency's minor unit; 2 for a code that is not known."""
    return get_currency_precision(currency)


def rounded(amount: Decimal, currency: str) -> Decimal:
    """Round half-up (commercial rounding, DIN 1333) to the minor unit of `currency`.

    Raises:
        UnknownCurrency: for a code that is not known.
    """
    if not is_known(currency):
        raise UnknownCurrency(f"Currency {currency!r} is not known; use a code of ISO 4217.")
    return _rounded(amount, currency)


def line_amounts(unit_price: Decimal, tax_rate: Decimal, quantity: int, currency: str) -> Amounts:
    """What a line costs when `unit_price` includes the tax, as consumer prices must (98/6/EC)."""
    total = rounded(unit_price * quantity, currency)
    net = rounded(total / (1 + tax_rate), currency)
    return Amounts(net, total - net, total)


def summed(amounts: list[Amounts]) -> Amounts:
    """The totals of an order from those of its lines."""
    return Amounts(*(sum(column, Decimal(0)) for column in zip(*amounts, strict=True)))


def plain(amount: Decimal, currency: str) -> str:
    """For machines: `1234.50`."""
    return str(_rounded(amount, currency))


def number(amount: Decimal, currency: str) -> str:
    """For people, where the currency stands elsewhere: `1,234.50`."""
    return _formatted(amount, currency, NUMBER)


def money(amount: Decimal, currency: str) -> str:
    """For people: `1,234.50 EUR`."""
    return _formatted(amount, currency, WITH_CODE)


def _formatted(amount: Decimal, currency: str, pattern: NumberPattern) -> str:
    # Rounded before: Babel rounds half to even.
    return format_currency(_rounded(amount, currency), currency, pattern, locale=ENGLISH)


def _rounded(amount: Decimal, currency: str) -> Decimal:
    places = Decimal(1).scaleb(-decimal_places(currency))
    return amount.quantize(places, rounding=ROUND_HALF_UP)


@cache
def _tender() -> frozenset[str]:
    countries = get_global("territory_currencies")
    return frozenset(code for country in countries for code in get_territory_currencies(country))
