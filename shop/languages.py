"""The languages of customers, and dates in them: words by Django, formats by CLDR."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime
from functools import lru_cache
from typing import TypeVar

from babel import Locale
from babel.dates import format_date, format_skeleton
from django.conf import settings
from django.utils import timezone, translation

EARLIER = "en-gb"
"""The language of whatever was written before orders had one."""

Day = TypeVar("Day", date, datetime)


def choices() -> list[tuple[str, str]]:
    """Code and own name of each language that a customer can choose."""
    return list(settings.LANGUAGES)


def chosen() -> str:
    """The language of the page that is being answered: one of the choices."""
    code = translation.get_language()
    return code if code in dict(settings.LANGUAGES) else settings.LANGUAGE_CODE


@contextmanager
def written_in(language: str) -> Iterator[None]:
    """Texts, dates and amounts are in this language; in the shop's own if it has it no more."""
    known = language in dict(settings.LANGUAGES)
    with translation.override(language if known else settings.LANGUAGE_CODE):
        yield


def locale() -> Locale:
    """The formats of the language that is active."""
    return _locale(translation.get_language() or settings.LANGUAGE_CODE)


def day(value: date) -> str:
    """`30 November 2026`; an instant's day is that of the shop's time zone."""
    local = _local(value)
    return _day(local.year, local.month, local.day, locale())


def instant(value: datetime) -> str:
    """`30 Nov 2026, 14:05`, in the shop's time zone."""
    return f"{format_skeleton('yMMMd', _local(value), locale=locale())}, {clock(value)}"


def clock(value: datetime) -> str:
    """`14:05`, in the shop's time zone."""
    return f"{_local(value):%H:%M}"


def _local(value: Day) -> Day:
    if isinstance(value, datetime) and timezone.is_aware(value):
        return timezone.localtime(value)
    return value


@lru_cache(maxsize=256)
def _day(year: int, month: int, day: int, where: Locale) -> str:
    return format_date(date(year, month, day), "long", locale=where)


@lru_cache(maxsize=16)
def _locale(code: str) -> Locale:
    return Locale.parse(code, sep="-")
