"""Tags and filters of mails: amounts, dates, countries, and order lines as plain text."""

from collections.abc import Iterable
from textwrap import wrap
from typing import Any

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django_countries import countries

from notifications.messages import one_line
from shop.events import Line
from shop.money import money
from shop.templatetags.dates import clock, day

register = template.Library()

WIDTH = 66
AMOUNT_WIDTH = 22


register.filter(money)
register.filter(day)
register.filter(clock)


@register.filter
def country(code: str) -> str:
    return countries.name(code) or code


@register.filter(name="one_line")
def one_line_filter(text: str) -> str:
    """Typed text on one line, so that it cannot imitate lines of the mail."""
    return one_line(text)


@register.filter
def strong(text: str) -> SafeString:
    """For an order's number: it stands out and is not broken."""
    return format_html('<strong style="white-space:nowrap;">{}</strong>', text)


@register.simple_tag
def text_lines(lines: Iterable[Line], currency: str) -> str:
    """The order's lines in columns, `WIDTH` characters wide."""
    return mark_safe("\n".join(_text_line(line, currency) for line in lines))  # noqa: S308 -- plain text


@register.simple_tag
def text_totals(event: Any) -> str:
    sums = [(_("Net"), event.net), (_("Tax"), event.tax), (_("Total"), event.total)]
    rows = [(_("Delivery"), _("free of charge"))]
    rows += [(name, money(amount, event.currency)) for name, amount in sums]
    return mark_safe("\n".join(_columns(*row) for row in rows))  # noqa: S308 -- plain text


def _text_line(line: Line, currency: str) -> str:
    room = WIDTH - AMOUNT_WIDTH
    first, *more = wrap(f"{line.quantity} x {one_line(line.name)}", room, subsequent_indent="    ")
    each = _("%(price)s each") % {"price": money(line.unit_price, currency)}
    detail = f"    {line.sku}, {each}"
    return "\n".join([_columns(first, money(line.total, currency)), *more, detail])


def _columns(name: str, value: str) -> str:
    return name.ljust(WIDTH - AMOUNT_WIDTH) + value.rjust(AMOUNT_WIDTH)
