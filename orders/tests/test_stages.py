"""What customers are told of their order's progress, and that it holds for old orders."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from bus.models import Delivery, Event, State, Subscription
from bus.models import Queue as QueueRow
from bus.ops.retention import prune
from bus.testing import given, settle
from bus.worker.registration import register
from orders import services
from orders.models import Order
from orders.services import Basket
from orders.stages import RELOADS, story
from orders.tests.conftest import ADA
from shop.events import InvoiceIssued, InvoiceNumbered, ShipmentDispatched, StockReserved
from shop.links import token_of

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def order(basket: Basket) -> Order:
    return services.checkout(basket).order


def about(order: Order) -> dict[str, Any]:
    return {"number": str(order.number), "order_id": order.public_id, "at": timezone.now()}


def reserve(order: Order) -> None:
    given(StockReserved(**about(order)))


def issue(order: Order, kind: str = "invoice") -> None:
    document = {"document": f"{kind} 1", "kind": kind}
    issued = {"storage_name": "a.pdf", "sha256": "0", "total": order.total, "currency": "EUR"}
    given(
        InvoiceNumbered(**about(order), **document),
        InvoiceIssued(**about(order), **document, **issued, customer=ADA),
    )


def dispatch(order: Order) -> None:
    parcel = {"carrier": "DHL", "tracking_number": "JD1", "lines": (), "customer": ADA}
    given(ShipmentDispatched(**about(order), **parcel))


def told(order: Order) -> dict[str, str]:
    order.refresh_from_db()
    return {step.stage: str(step.state) for step in story(order).steps}


def page(order: Order) -> str:
    return APIClient().get(f"/orders/{token_of(order.public_id)}/").content.decode()


def deliver(order: Order, name: str, state: str) -> None:
    """A delivery of a subscription for the order's first event."""
    queue, _new = QueueRow.objects.get_or_create(name=name.partition(".")[0])
    row, _new = Subscription.objects.get_or_create(
        name=name,
        defaults={
            "event_type": "OrderPlaced", "queue": queue, "batch": 1, "window": 40,
            "ordered": False, "external": False, "repeatable": False, "retry": "",
        },
    )  # fmt: skip
    Delivery.objects.create(
        event=Event.objects.filter(stream=order.number).earliest("id"),
        subscription=row, queue=queue, stream=str(order.number), ordered=False, state=state,
    )  # fmt: skip


def test_all_stages_are_shown_from_the_start(order: Order) -> None:
    assert told(order) == {
        "Order received": "done",
        "Goods set aside": "to come",
        "Invoice": "to come",
        "On its way": "to come",
    }


def test_each_stage_is_reached_by_its_event(order: Order) -> None:
    for happen in (reserve, issue, dispatch):
        happen(order)

    assert set(told(order).values()) == {"done"}
    assert all(step.at for step in story(order).steps)


def test_cancelled_order_shows_no_later_stage_but_its_credit_note(
    order: Order,
) -> None:
    reserve(order)
    services.cancel_order(order.pk, "changed my mind")
    assert told(order) == {
        "Order received": "done",
        "Goods set aside": "done",
        "Cancelled": "done",
    }

    issue(order)

    assert told(order)["Credit note"] == "to come"
    issue(order, "credit note")
    assert told(order)["Credit note"] == "done"


def test_stages_show_no_names_of_handlers(order: Order) -> None:
    register()
    deliver(order, "fraud.tasks.score_order", "dead")
    settle()
    address = f"/api/v1/orders/{token_of(order.public_id)}/"

    shown = page(order) + APIClient().get(address).content.decode()

    names = set(Subscription.objects.values_list("name", flat=True))
    assert len(names) > 15
    for name in names:
        function = name.rpartition(".")[2]
        assert function not in shown
        assert function.replace("_", " ").capitalize() not in shown


@pytest.mark.parametrize(
    ("state", "progress"), [("waiting", "under way"), ("dead", "delayed"), ("done", "under way")]
)
def test_stage_shows_the_state_of_its_handler(order: Order, state: str, progress: str) -> None:
    deliver(order, "billing.tasks.issue_invoice", state)

    assert told(order)["Invoice"] == progress
    assert ("This takes longer than it should" in page(order)) is (progress == "delayed")


def test_invoice_and_dispatch_run_side_by_side_and_one_is_the_current_step(order: Order) -> None:
    reserve(order)
    deliver(order, "billing.tasks.issue_invoice", "waiting")
    deliver(order, "fulfillment.tasks.release_shipment", "waiting")

    shown = page(order)

    assert told(order)["Invoice"] == told(order)["On its way"] == "under way"
    assert "We are writing the invoice and getting your parcel ready." in " ".join(shown.split())
    assert "<span>On its way</span>" not in shown
    assert shown.count('aria-current="step"') == 1


def test_stages_are_the_same_after_pruning(order: Order) -> None:
    for happen in (reserve, issue, dispatch):
        happen(order)
    settle()
    client, address = APIClient(), f"/api/v1/orders/{token_of(order.public_id)}/"
    before, page_before = client.get(address).json(), page(order)

    Delivery.objects.exclude(state=State.DONE).delete()
    list(prune(timedelta(0), by="ada"))

    assert not Delivery.objects.exists()
    assert client.get(address).json()["stages"] == before["stages"]
    assert client.get(address).json()["settled"] is True
    assert "Order received" in page_before
    assert page(order).count("<time") == page_before.count("<time")


def test_stages_of_order_without_events_come_from_its_row(order: Order) -> None:
    row = Order(number="SO-9", state="placed", placed_at=timezone.now(), reserved_at=timezone.now())

    assert [str(step.state) for step in story(row).steps] == ["done", "done", "to come", "to come"]


@pytest.mark.parametrize("kind", ["invoice", "credit note"])
def test_document_is_offered_once_it_is_issued(order: Order, kind: str) -> None:
    address = f"{kind.replace(' ', '-')}.pdf"
    assert address not in page(order)

    issue(order, kind)

    assert address in page(order)


def aged(monkeypatch: pytest.MonkeyPatch, age: timedelta) -> None:
    now = timezone.now() + age
    monkeypatch.setattr("orders.stages.timezone.now", lambda: now)


def test_page_reloads_at_growing_intervals_and_stops(
    order: Order, monkeypatch: pytest.MonkeyPatch
) -> None:
    pauses = []
    for age in (timedelta(0), timedelta(minutes=5), timedelta(minutes=30), timedelta(hours=2)):
        aged(monkeypatch, age)
        pauses.append(story(order).reload_after)

    assert pauses == [*(seconds for _longest, seconds in RELOADS), None]


def test_page_does_not_reload_when_a_person_is_needed(order: Order) -> None:
    assert 'http-equiv="refresh"' in page(order)
    register()
    settle()
    Delivery.objects.update(state=State.DEAD)

    assert 'http-equiv="refresh"' not in page(order)


def test_rejected_order_is_explained_in_customers_words(order: Order) -> None:
    Order.objects.filter(pk=order.pk).update(
        state="cancelled",
        cancelled_at=timezone.now(),
        rejected=True,
        cancel_reason="Not in stock: Blue mug",
    )

    shown = page(order)

    assert "Not available" in shown
    assert "there is nothing to pay" in shown
