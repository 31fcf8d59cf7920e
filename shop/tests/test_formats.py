"""Dates and amounts in each language."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from shop import languages
from shop.languages import written_in
from shop.money import money, number, plain

EVENING = datetime(2026, 11, 30, 23, 5, tzinfo=UTC)
"""In Berlin it is the next day already."""


@pytest.mark.parametrize(
    ("language", "day", "instant", "amount", "figure"),
    [
        ("en-gb", "1 December 2026", "1 Dec 2026, 00:05", "1,234.56 EUR", "1,234.56"),
        ("de", "1. Dezember 2026", "1. Dez. 2026, 00:05", "1.234,56 €", "1.234,56"),
        ("fr", "1 December 2026", "1 Dec 2026, 00:05", "1,234.56 EUR", "1,234.56"),
    ],
)
def test_dates_and_amounts_follow_the_language(
    language: str, day: str, instant: str, amount: str, figure: str
) -> None:
    with written_in(language):
        assert languages.day(EVENING) == day
        assert languages.instant(EVENING) == instant
        assert languages.clock(EVENING) == "00:05"
        assert money(Decimal("1234.56"), "EUR").replace("\N{NO-BREAK SPACE}", " ") == amount
        assert number(Decimal("1234.56"), "EUR") == figure
        assert plain(Decimal("1234.56"), "EUR") == "1234.56"


def test_day_of_a_date_is_no_other_in_any_time_zone() -> None:
    assert languages.day(date(2026, 3, 1)) == "1 March 2026"


def test_german_signs_of_currencies_differ() -> None:
    with written_in("de"):
        shown = {money(Decimal(1), code) for code in ("USD", "AUD", "CAD", "HKD", "SGD", "CHF")}

    assert len(shown) == 6


def test_language_ends_with_its_block() -> None:
    with written_in("de"):
        assert languages.chosen() == "de"
    assert languages.chosen() == "en-gb"
