"""Following and cancelling an order over REST, and on its page."""

from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from rest_framework.test import APIClient

from bus.models import Event
from orders import services
from orders.models import Order
from orders.services import Basket
from orders.tests.conftest import ADA
from shop.links import token_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def order(basket: Basket) -> Order:
    return services.checkout(basket).order


def url(order: Order, part: str = "") -> str:
    return f"/api/v1/orders/{token_of(order.public_id)}/{part}"


def page(order: Order) -> str:
    return f"/orders/{token_of(order.public_id)}/"


def test_order_is_followed_by_its_link(client: APIClient, order: Order) -> None:
    answer = client.get(url(order))

    assert answer.status_code == 200
    assert answer.json()["number"] == order.number
    assert answer.json()["stages"][0]["stage"] == "Order received"
    assert answer.json()["settled"] is False
    assert "no-store" in answer["Cache-Control"]


def test_more_lines_take_no_more_queries(client: APIClient, order: Order, catalogue: Any) -> None:
    one = services.checkout(Basket(ADA, {"MUG": 1})).order
    with CaptureQueriesContext(connection) as few:
        client.get(url(one))

    with CaptureQueriesContext(connection) as more:
        client.get(url(order))

    assert len(few) == len(more) <= 6


@pytest.mark.parametrize("address", ["/api/v1/orders/{}/", "/api/v1/orders/{}/nothing/"])
def test_unknown_order_is_answered_with_a_problem(client: APIClient, address: str) -> None:
    answer = client.get(address.format(uuid4()))

    assert answer.status_code == 404
    assert answer["Content-Type"] == "application/problem+json"


def test_drafts_are_not_found_by_the_api(client: APIClient) -> None:
    draft = Order.objects.create(name="Ada", email="ada@example.com")

    assert client.get(url(draft)).status_code == 404
    assert client.post(url(draft, "cancel/")).status_code == 404
    assert client.get(page(draft)).status_code == 404


def test_order_is_cancelled_with_reason(client: APIClient, order: Order) -> None:
    answer = client.post(url(order, "cancel/"), {"reason": "Too late"}, format="json")

    assert answer.status_code == 200
    assert answer.json()["status"] == "cancelled"
    assert answer.json()["cancel_reason"] == "Too late"


def test_second_cancellation_answers_the_same_and_publishes_nothing(
    client: APIClient, order: Order
) -> None:
    first = client.post(url(order, "cancel/"))

    again = client.post(url(order, "cancel/"), {"reason": "Really"}, format="json")

    assert again.status_code == 200
    assert again.json() == first.json()
    assert Event.objects.filter(type="OrderCancelled").count() == 1


def test_shipped_order_is_not_cancelled_by_the_api(client: APIClient, order: Order) -> None:
    Order.objects.filter(pk=order.pk).update(shipped_at=timezone.now())

    answer = client.post(url(order, "cancel/"))

    assert answer.status_code == 409
    assert answer["Content-Type"] == "application/problem+json"
    assert "sent already" in answer.json()["detail"]
    assert Event.objects.count() == 1


@pytest.mark.parametrize("reason", [5, "a\nb", "x" * 501, ""])
def test_bad_reason_is_refused(client: APIClient, order: Order, reason: Any) -> None:
    answer = client.post(url(order, "cancel/"), {"reason": reason}, format="json")

    assert answer.status_code == 400
    assert answer.json()["errors"][0]["pointer"] == "#/reason"
    assert Order.objects.get(pk=order.pk).state == "placed"


def test_page_shows_the_order(client: APIClient, order: Order) -> None:
    answer = client.get(page(order))

    text = answer.content.decode()
    assert answer.status_code == 200
    assert order.number in text
    assert "Blue mug" in text
    assert "28.49" in text
    assert answer["X-Robots-Tag"] == "noindex"
    assert "no-store" in answer["Cache-Control"]


def test_page_shows_markup_as_text(client: APIClient, order: Order) -> None:
    Order.objects.filter(pk=order.pk).update(name="<script>alert(1)</script>")

    text = client.get(page(order)).content.decode()

    assert "<script>alert" not in text
    assert "&lt;script&gt;alert" in text
