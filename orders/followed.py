"""The parts of the order's page that change while it is open, for the page and its feed."""

import logging
import time
from collections.abc import Mapping
from typing import Any, NamedTuple

from django.template.loader import render_to_string

from bus.feed import News
from bus.streams import marks
from orders import words
from orders.models import Order, State
from orders.stages import Story, story
from shop import languages, payment, reasons
from shop.commits import DATABASE_AWAY
from shop.stages import Stage

log = logging.getLogger(__name__)

PARTS = ("now", "steps", "documents", "payment", "cancel")


class Viewed(NamedTuple):
    """An order's page that is open: by its number, with its link, in a language."""

    number: str
    token: str
    language: str


RETRY_AFTER = 5.0
"""Seconds for which a page that cannot be drawn is left out."""

_failed_at: dict[Viewed, float] = {}
"""By the clock of `time.monotonic`. Only the feed's one thread uses it."""


def news(watched: Mapping[Viewed, str]) -> dict[Viewed, News]:
    """The pages whose order has moved on. One query; and one more, with a story each, if any has.

    A page that cannot be drawn is left out: an error would stop the news of all others. See
    `bus.feed.Read`.
    """
    found = marks({page.number for page in watched})
    moved = {
        page: mark
        for page, seen in watched.items()
        if (mark := found.get(page.number, seen)) != seen and _is_due(page)
    }
    if not moved:
        return {}
    orders = {
        order.number: order
        for order in Order.objects.filter(number__in={page.number for page in moved})
    }
    there = {page: mark for page, mark in moved.items() if page.number in orders}
    drawn = {page: _drawn(orders[page.number], page, mark) for page, mark in there.items()}
    return {page: new for page, new in drawn.items() if new}


def mark_of(order: Order) -> str:
    """The mark of the order's state now. Read it before the story, or news may be missed."""
    return marks([str(order.number)]).get(str(order.number), "")


def _is_due(page: Viewed) -> bool:
    """Whether it has not just failed; what is older is forgotten."""
    now = time.monotonic()
    for old in [one for one, at in _failed_at.items() if now - at >= RETRY_AFTER]:
        del _failed_at[old]
    return page not in _failed_at


def _drawn(order: Order, page: Viewed, mark: str) -> News | None:
    try:
        return News(mark, parts_of(order, page, mark))
    except DATABASE_AWAY:
        raise  # of no single order: the feed waits
    except Exception:
        log.exception("Order %s cannot be drawn for its live page.", page.number)
        _failed_at[page] = time.monotonic()
        return None


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
        "sent": progress.reached(Stage.ON_ITS_WAY),
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
