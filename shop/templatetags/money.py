"""Filters for amounts and rates in pages and mails."""

from decimal import Decimal

from django import template
from django.utils.formats import number_format

from shop import money as amounts

register = template.Library()


@register.filter
def number(amount: Decimal | str, currency: str) -> str:
    """`1,234.50`, without the currency; in the language that is active."""
    return amounts.number(Decimal(amount), currency)


@register.filter
def money(amount: Decimal | str, currency: str) -> str:
    """`1,234.50 EUR`, in German `1.234,50 €`."""
    return amounts.money(Decimal(amount), currency)


@register.filter
def percent(rate: Decimal) -> str:
    """`19` for 0.190, `5.5` for 0.055, in German `5,5`."""
    return number_format(f"{(rate * 100).normalize():f}")
