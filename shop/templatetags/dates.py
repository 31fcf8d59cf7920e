"""Filters for dates in the language that is active; an empty value stays empty."""

from datetime import date, datetime

from django import template

from shop import languages

register = template.Library()


@register.filter
def day(value: date | None) -> str:
    """`30 November 2026`, in German `30. November 2026`."""
    return languages.day(value) if value else ""


@register.filter
def instant(value: datetime | None) -> str:
    """`30 Nov 2026, 14:05`, in German `30. Nov. 2026, 14:05`."""
    return languages.instant(value) if value else ""


@register.filter
def clock(value: datetime | None) -> str:
    """`14:05`."""
    return languages.clock(value) if value else ""
