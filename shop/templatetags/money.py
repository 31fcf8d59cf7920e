"""Filters for amounts in pages and mails."""

from decimal import Decimal

from django import template

from shop import money as amounts

register = template.Library()


@register.filter
def number(amount: Decimal | str, currency: str) -> str:
    """`1,234.50`, without the currency."""
    return amounts.number(Decimal(amount), currency)


@register.filter
def money(amount: Decimal | str, currency: str) -> str:
    """`1,234.50 EUR`."""
    return amounts.money(Decimal(amount), currency)
