"""The forms of erasures."""

from django.utils import timezone

from bus.worker.registration import register
from orders.models import Erasure, Order, State
from orders.services import request_erasure
from tests.submissions.case import Case, happened
from tests.submissions.rows import page_of


def a_cancelled_order() -> Order:
    register()
    now = timezone.now()
    return Order.objects.create(
        number="SO-1", state=State.CANCELLED, placed_at=now, cancelled_at=now,
        email="ada@example.com", name="Ada", line1="Weg 1", city="Berlin", country="DE",
    )  # fmt: skip


def a_request() -> Erasure:
    a_cancelled_order()
    return request_erasure("ada@example.com", by="grace", why="a test")


ERASURES = {
    "erasure.add": Case(
        lambda: (a_cancelled_order(), page_of("orders_erasure_add"))[1],
        {"email": "ada@example.com", "why": "a test"},
        Erasure.objects.count,
        ("was added successfully",),
    ),
    "erasure.agree": Case(
        lambda: page_of("orders_erasure_agree", a_request().pk),
        {},
        happened("CustomerForgotten"),
        ("is forgotten",),
    ),
}
