"""Amounts: `Decimal` and an ISO 4217 code, rounded half-up to the currency's minor unit."""

from decimal import ROUND_HALF_UP, Decimal
from typing import NamedTuple

MINOR_UNITS = {"EUR": 2, "CHF": 2, "GBP": 2, "USD": 2, "JPY": 0}
"""Decimal places of each currency the shop can be set to (ISO 4217)."""


class UnknownCurrency(ValueError):
    """The shop does not know how many decimal places this currency has."""


class Amounts(NamedTuple):
    """`net + tax == total`, always, all rounded to the currency's minor unit."""

    net: Decimal
    tax: Decimal
    total: Decimal


def rounded(amount: Decimal, currency: str) -> Decimal:
    """Round half-up (commercial rounding, DIN 1333) to the minor unit of `currency`.

    Raises:
        UnknownCurrency: for a code that is not in `MINOR_UNITS`.
    """
    if currency not in MINOR_UNITS:
        known = ", ".join(sorted(MINOR_UNITS))
        raise UnknownCurrency(f"Currency {currency!r} is not known here; add it to {known}.")
    return amount.quantize(Decimal(1).scaleb(-MINOR_UNITS[currency]), rounding=ROUND_HALF_UP)


def line_amounts(unit_price: Decimal, tax_rate: Decimal, quantity: int, currency: str) -> Amounts:
    """What a line costs when `unit_price` includes the tax, as consumer prices must (98/6/EC)."""
    total = rounded(unit_price * quantity, currency)
    net = rounded(total / (1 + tax_rate), currency)
    return Amounts(net, total - net, total)


def summed(amounts: list[Amounts]) -> Amounts:
    """The totals of an order from those of its lines."""
    return Amounts(*(sum(column, Decimal(0)) for column in zip(*amounts, strict=True)))
