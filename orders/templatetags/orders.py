"""Filters for the pages of cart and checkout."""

from decimal import Decimal

from django import template
from django.utils.formats import number_format

register = template.Library()


@register.filter
def percent(rate: Decimal) -> str:
    """0.190 is written as 19 %, 0.055 as 5.5 %, with the language's decimal sign."""
    written = (rate * 100).normalize()
    return f"{number_format(f'{written:f}')}\u00a0%"
