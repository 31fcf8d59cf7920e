"""Amounts: `Decimal` and an ISO 4217 code, rounded half-up to the currency's minor unit.

Decimal places and formats are from CLDR, by Babel.
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

from shop.languages import locale

MOST_PLACES = 3
"""The most decimal places of any currency in use, such as the Kuwaiti dinar."""

NUMBER = parse_pattern("#,##0.00")
# The code, since one sign may mean several currencies; after the amount, so that columns align.
WITH_CODE = parse_pattern("#,##0.00 ¤¤")
# As German shops write it. CLDR's signs for German differ for each dollar, so none is ambiguous.
WITH_SIGN = parse_pattern("#,##0.00\N{NO-BREAK SPACE}¤")


class UnknownCurrency(ValueError):
    """The code is no ISO 4217 currency, so its decimal places are unknown."""


class Amounts(NamedTuple):
    """`net + tax == total`, always, all rounded to the currency's minor unit."""

    net: Decimal
    tax: Decimal
    total: Decimal


def is_payable(currency: str) -> bool:
    """Whether a shop can sell in it: a code in capitals that is legal tender today."""
    return currency in _tender()


@lru_cache(maxsize=256)
def is_known(currency: str) -> bool:
    """Whether it is or was a currency (ISO 4217): old rows may have one no longer in use."""
    return len(currency) == 3 and currency.isupper() and is_currency(currency)


@lru_cache(maxsize=256)
def decimal_places(currency: str) -> int:
    """The decimal places of the currency's minor unit; 2 for an unknown code."""
    return get_currency_precision(currency)


def minor_unit(currency: str) -> Decimal:
    """The least amount of the currency: 0.01 for EUR, 1 for JPY."""
    return Decimal(1).scaleb(-decimal_places(currency))


def rounded(amount: Decimal, currency: str) -> Decimal:
    """Round half-up (commercial rounding, DIN 1333) to the minor unit of `currency`.

    Raises:
        UnknownCurrency: the code is no ISO 4217 currency.
    """
    if not is_known(currency):
        raise UnknownCurrency(f"Currency is {currency!r}; it must be a code of ISO 4217.")
    return _rounded(amount, currency)


def line_amounts(unit_price: Decimal, tax_rate: Decimal, quantity: int, currency: str) -> Amounts:
    """A line's amounts; `unit_price` includes the tax, as consumer prices must (98/6/EC)."""
    total = rounded(unit_price * quantity, currency)
    net = rounded(total / (1 + tax_rate), currency)
    return Amounts(net, total - net, total)


def summed(amounts: list[Amounts]) -> Amounts:
    """The sums of the lines' amounts."""
    return Amounts(*(sum(column, Decimal(0)) for column in zip(*amounts, strict=True)))


def plain(amount: Decimal, currency: str) -> str:
    """For machines: `1234.50`."""
    return str(_rounded(amount, currency))


def number(amount: Decimal, currency: str) -> str:
    """For people, without the currency: `1,234.50`, in German `1.234,50`."""
    return _formatted(amount, currency, NUMBER)


def money(amount: Decimal, currency: str) -> str:
    """For people: `1,234.50 EUR`, in German `1.234,50 €`."""
    return _formatted(amount, currency, WITH_SIGN if locale().language == "de" else WITH_CODE)


def _formatted(amount: Decimal, currency: str, pattern: NumberPattern) -> str:
    return _written(amount, currency, pattern, locale())


# A mail has each amount twice, and many orders have the same: Babel takes 14 microseconds for one.
@lru_cache(maxsize=4096)
def _written(amount: Decimal, currency: str, pattern: NumberPattern, where: Locale) -> str:
    # Rounded first, since Babel rounds half to even.
    return format_currency(_rounded(amount, currency), currency, pattern, locale=where)


def _rounded(amount: Decimal, currency: str) -> Decimal:
    places = minor_unit(currency)
    return amount.quantize(places, rounding=ROUND_HALF_UP)


@cache
def _tender() -> frozenset[str]:
    countries = get_global("territory_currencies")
    return frozenset(code for country in countries for code in get_territory_currencies(country))
