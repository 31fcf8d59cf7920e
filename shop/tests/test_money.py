"""Amounts always add up, and are rounded as merchants round."""

from decimal import Decimal

import pytest
from babel.numbers import list_currencies
from hypothesis import given
from hypothesis import strategies as st

from shop.money import (
    MOST_PLACES,
    UnknownCurrency,
    decimal_places,
    is_known,
    is_payable,
    line_amounts,
    money,
    number,
    plain,
    rounded,
    summed,
)

prices = st.decimals(min_value=Decimal("0.01"), max_value=Decimal("99999999.99"), places=2)
rates = st.decimals(min_value=0, max_value=1, places=3)


@pytest.mark.parametrize(
    ("amount", "expected"), [("0.005", "0.01"), ("0.015", "0.02"), ("-0.005", "-0.01")]
)
def test_half_cent_is_rounded_away_from_zero(amount: str, expected: str) -> None:
    assert rounded(Decimal(amount), "EUR") == Decimal(expected)


def test_currency_without_minor_unit_has_no_decimal_places() -> None:
    assert str(rounded(Decimal("1200.50"), "JPY")) == "1201"


def test_unknown_currency_is_refused() -> None:
    with pytest.raises(UnknownCurrency, match="XYZ"):
        rounded(Decimal(1), "XYZ")


@given(prices, rates, st.integers(1, 9_999), st.sampled_from(["EUR", "SEK", "JPY", "KWD", "HUF"]))
def test_net_and_tax_always_make_total(
    price: Decimal, rate: Decimal, quantity: int, currency: str
) -> None:
    amounts = line_amounts(price, rate, quantity, currency)

    assert amounts.net + amounts.tax == amounts.total
    assert 0 <= amounts.tax <= amounts.total
    assert amounts == tuple(rounded(amount, currency) for amount in amounts)


def test_totals_are_those_of_lines() -> None:
    lines = [line_amounts(Decimal("0.07"), Decimal("0.19"), n, "EUR") for n in range(1, 9)]

    totals = summed(lines)

    assert totals.net + totals.tax == totals.total == sum(line.total for line in lines)


@pytest.mark.parametrize(
    ("amount", "currency", "for_people", "for_machines"),
    [
        ("1234.5", "EUR", "1,234.50 EUR", "1234.50"),
        ("1234.5", "JPY", "1,235 JPY", "1235"),
        ("1234.5", "SEK", "1,234.50 SEK", "1234.50"),
        ("1234.5", "KWD", "1,234.500 KWD", "1234.500"),
        ("0.125", "USD", "0.13 USD", "0.13"),
        ("12345678901234.56", "CHF", "12,345,678,901,234.56 CHF", "12345678901234.56"),
        ("1234.5", "DEM", "1,234.50 DEM", "1234.50"),
        ("1234.5", "???", "1,234.50 ???", "1234.50"),
    ],
)
def test_amount_has_the_decimals_of_its_currency(
    amount: str, currency: str, for_people: str, for_machines: str
) -> None:
    assert money(Decimal(amount), currency) == for_people
    assert f"{number(Decimal(amount), currency)} {currency}" == for_people
    assert plain(Decimal(amount), currency) == for_machines


def test_shop_sells_in_current_currencies_only() -> None:
    assert all(map(is_payable, ["EUR", "SEK", "JPY", "KWD", "USD", "CHF", "GBP"]))
    assert not any(map(is_payable, ["eur", "DEM", "BTC", "XXX", "EURO", ""]))


def test_row_may_have_a_former_currency() -> None:
    assert is_known("DEM")
    assert not any(map(is_known, ["dem", "BTC", "", "EURO"]))


def test_database_stores_the_decimals_of_every_currency() -> None:
    assert max(map(decimal_places, filter(is_payable, list_currencies()))) == MOST_PLACES
