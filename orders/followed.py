"""The parts of the order's page that change while it is open, for the page and its feed."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from django.template.loader import render_to_string

from bus.feed import News
from bus.streams import marks
from orders import words
from orders.models import Order, State
from orders.stages import Story, story
from shop import languages, payment, reasons

PARTS = ("now", "steps", "documents", "payment", "cancel")


class Viewed(NamedTuple):
    """An order's page that is open: by its number, with its link, in a language."""

    number: str
    token: str
    language: str


def news(watched: Mapping[Viewed, str]) -> dict[Viewed, News]:
    """The pages whose order has moved on. One query; and one more, with a story each, if any has.

    See `bus.feed.Read`.
    """
    found = marks({page.number for page in watched})
    moved = {
        page: mark
        for page, seen in watched.items()
        if (mark := found.get(page.number, seen)) != seen
    }
    if not moved:
        return {}
    orders = {
        order.number: order
        for order in Order.objects.filter(number__in={page.number for page in moved})
    }
    return {
        page: News(mark, parts_of(orders[page.number], page, mark))
        for page, mark in moved.items()
        if page.number in orders
    }


def mark_of(order: Order) -> str:
    """The mark of the order's state now. Read it before the story, or news may be missed."""
    return marks([str(order.number)]).get(str(order.number), "")


def parts_of(order: Order, page: Viewed, mark: str) -> dict[str, Any]:
    """The parts as values for JSON."""
    with languages.written_in(page.language):
        shown = context(order, story(order), page.token)
        drawn = {part: render_to_string(f"orders/order/{part}.html", shown) for part in PARTS}
    return {"mark": mark, "parts": drawn, "ended": shown["story"].ended}


def context(order: Order, progress: Story, token: str) -> dict[str, Any]:
    """What the parts show."""
    by_customer = order.cancel_reason == reasons.BY_CUSTOMER
    return {
        "order": order,
        "token": token,
        "story": progress,
        "steps": words.told(progress),
        "now": words.now(order, progress),
        "account": payment.transfer(order.total, order.currency, str(order.number), None),
        "payment": payment_of(order, progress),
        "reason": "" if by_customer else reasons.shown(order.cancel_reason),
        "pays": order.state != State.CANCELLED,
    }


def payment_of(order: Order, progress: Story) -> payment.Transfer | None:
    """The transfer to make; None before the invoice has a number, and once it is cancelled."""
    if order.state == State.CANCELLED or not progress.invoice:
        return None
    return payment.transfer(order.total, order.currency, progress.invoice, progress.due_on)
