"""Events carry the trace of the request that published them."""

import pytest
from django.test import Client

from bus.models import Event
from bus.testing import settle
from config.tracing import TRACEPARENT
from inventory.services import receive_stock
from shop.models import Product

pytestmark = pytest.mark.django_db(transaction=True)

TRACE = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
ADDRESS = {"line1": "Main Street 1", "postal_code": "10115", "city": "Berlin", "country": "DE"}


def check_out(traceparent: str) -> None:
    Product.objects.create(sku="MUG", name="Mug", unit_price="11.90")
    receive_stock("MUG", 5, "delivery")
    body = {
        "email": "ada@example.com",
        "name": "Ada Lovelace",
        "shipping_address": ADDRESS,
        "lines": [{"sku": "MUG", "quantity": 1}],
    }
    answer = Client().post(
        "/api/v1/checkout/", body, "application/json", headers={"traceparent": traceparent}
    )
    assert answer.status_code == 201, answer.content


def test_all_events_of_an_order_have_its_traceparent() -> None:
    check_out(TRACE)

    settle("inventory")

    events = Event.objects.values_list("type", "traceparent")
    assert set(events) == {("OrderPlaced", TRACE), ("StockReserved", TRACE)}


def test_request_without_readable_traceparent_begins_a_trace() -> None:
    check_out("<script>")

    settle("inventory")

    first, second = Event.objects.values_list("traceparent", flat=True)
    assert first == second
    assert TRACEPARENT.fullmatch(first)
