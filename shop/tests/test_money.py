"""Amounts always add up, and are rounded as merchants round."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shop.money import MINOR_UNITS, UnknownCurrency, line_amounts, rounded, summed

prices = st.decimals(min_value=Decimal("0.01"), max_value=Decimal("99999999.99"), places=2)
rates = st.decimals(min_value=0, max_value=1, places=3)


@pytest.mark.parametrize(
    ("amount", "expected"), [("0.005", "0.01"), ("0.015", "0.02"), ("-0.005", "-0.01")]
)
def test_half_a_cent_is_rounded_away_from_zero(amount: str, expected: str) -> None:
    assert rounded(Decimal(amount), "EUR") == Decimal(expected)


def test_a_currency_without_minor_unit_has_no_decimal_places() -> None:
    assert str(rounded(Decimal("1200.50"), "JPY")) == "1201"


def test_an_unknown_currency_is_refused() -> None:
    with pytest.raises(UnknownCurrency, match="XYZ"):
        rounded(Decimal(1), "XYZ")


@given(prices, rates, st.integers(1, 9_999), st.sampled_from(sorted(MINOR_UNITS)))
def test_net_and_tax_always_make_the_total(
    price: Decimal, rate: Decimal, quantity: int, currency: str
) -> None:
    amounts = line_amounts(price, rate, quantity, currency)

    assert amounts.net + amounts.tax == amounts.total
    assert 0 <= amounts.tax <= amounts.total
    assert amounts == tuple(rounded(amount, currency) for amount in amounts)


def test_the_totals_are_those_of_the_lines() -> None:
    lines = [line_amounts(Decimal("0.07"), Decimal("0.19"), n, "EUR") for n in range(1, 9)]

    totals = summed(lines)

    assert totals.net + totals.tax == totals.total == sum(line.total for line in lines)
