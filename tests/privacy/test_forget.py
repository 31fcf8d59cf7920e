"""A customer is forgotten: nothing of the person is left but in the invoices."""

from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from analytics.services import compare_figures, rebuild_figures
from billing import tasks as billing_tasks
from billing.models import Invoice
from bus import persons
from bus.audit import Operator, repair
from bus.models import Delivery, Event, PersonalData, State
from bus.ops.backfill import backfill
from bus.testing import settle
from fulfillment import tasks as fulfillment_tasks
from fulfillment.models import Shipment
from notifications import tasks as notification_tasks
from notifications.models import Message
from orders.models import Erasure, IdempotencyKey
from orders.services import Basket, NotForgettable, cancel_order, checkout, forget
from shop.events import CustomerForgotten
from shop.links import token_of
from tests.privacy.customers import (
    GRACE,
    KEPT,
    OTHER,
    TRACES,
    bought,
    forgotten,
    found_by_audit,
    sent,
    traces,
)
from tests.support.staff import member

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.parametrize("keys", [[], ["a" * 50]], ids=["in clear", "encrypted"])
def test_nothing_of_a_forgotten_customer_is_left_but_in_invoices(
    keys: list[str], settings: Any, tmp_path: Path
) -> None:
    settings.BUS_PERSONAL_KEYS = keys
    sent(key="once")
    cancel_order(bought(GRACE).pk, "Grace Brewster is ill")
    settle()
    assert traces() > KEPT

    assert forgotten().orders == 2

    assert traces() == KEPT
    left = [path for path in (tmp_path / "mail").glob("*") if TRACES.search(path.read_text())]
    assert left == []
    assert not IdempotencyKey.objects.exists()
    assert found_by_audit() == {}


def test_other_customers_are_left_alone(tmp_path: Path) -> None:
    other = sent(OTHER)
    sent()

    forgotten()

    other.refresh_from_db()
    assert (other.email, other.forgotten_at) == (OTHER.email, None)
    assert Shipment.objects.get(number=other.number).recipient == OTHER.name
    assert set(Message.objects.filter(order_number=other.number).values_list("to")) == {
        (OTHER.email,)
    }
    assert PersonalData.objects.filter(event__stream=other.number).exists()
    assert not Invoice.objects.get(order_number=other.number).restricted_at
    assert any(OTHER.email in path.read_text() for path in (tmp_path / "mail").glob("*"))


@pytest.mark.parametrize("spelling", ["grace.hopper@example.org", "grace.hopper+x@EXAMPLE.org"])
def test_every_spelling_of_the_mailbox_is_forgotten(spelling: str) -> None:
    sent()

    assert forgotten(spelling).orders == 1
    assert traces() == KEPT


def test_customer_with_an_unfinished_order_is_not_forgotten() -> None:
    sent()
    open_one = bought(GRACE)
    before = traces()

    with pytest.raises(NotForgettable, match=f"{open_one.number} must be sent or cancelled"):
        forget(GRACE.email, by="ada", why="asked for")

    assert traces() == before
    assert not Erasure.objects.exists()


def test_customer_with_an_open_delivery_is_not_forgotten() -> None:
    order = sent()
    one = Delivery.objects.filter(stream=order.number).first()
    Delivery.objects.filter(pk=one.pk).update(state=State.DEAD)

    with pytest.raises(NotForgettable, match="must have all deliveries done"):
        forget(GRACE.email, by="ada", why="asked for")


def test_links_of_a_forgotten_customer_lead_nowhere(client: Client) -> None:
    token = token_of(sent().public_id)
    pages = [f"/orders/{token}/", f"/api/v1/orders/{token}/", f"/api/v1/orders/{token}/invoice.pdf"]
    assert {client.get(page).status_code for page in pages} == {200}

    forgotten()

    assert {client.get(page).status_code for page in pages} == {404}


def test_only_staff_with_a_permission_see_restricted_invoices() -> None:
    order = sent()
    forgotten()
    page = f"/admin/billing/invoice/{Invoice.objects.get(order_number=order.number).pk}/"

    assert member("privacy").get(f"{page}change/").status_code == 200
    assert member("privacy").get(f"{page}pdf/").status_code == 200
    assert member("accounting").get(f"{page}change/").status_code == 302
    assert member("accounting").get(f"{page}pdf/").status_code == 404


@pytest.mark.parametrize(
    "handler",
    [
        notification_tasks.forget_recipient,
        fulfillment_tasks.forget_recipient,
        billing_tasks.restrict_documents,
    ],
    ids=["notifications", "fulfillment", "billing"],
)
def test_audit_finds_what_an_app_has_not_erased(handler: Any) -> None:
    order = sent()
    forgotten()
    Message.objects.filter(order_number=order.number).update(to=GRACE.email)
    Invoice.objects.filter(order_number=order.number).update(restricted_at=None)

    Shipment.objects.filter(number=order.number).update(recipient=GRACE.name)

    app = handler.__module__.partition(".")[0]
    assert f"every delivery of {app} that is done has its effect" in found_by_audit()
    assert list(repair(found_by_audit(), Operator("ada")))
    settle()
    assert traces() == KEPT


def test_erasure_is_an_event_without_the_person() -> None:
    order = sent()
    forgotten()

    row = Event.objects.get(type=CustomerForgotten.__name__)
    assert (row.stream, row.data["number"]) == (order.number, order.number)
    assert not TRACES.search(str(row.envelope()))


def test_person_who_orders_again_is_a_new_customer() -> None:
    sent()
    forgotten()

    sent(key="again")

    assert len(traces()) > 1
    assert forgotten().orders == 1
    assert traces() == KEPT


def test_every_subscription_handles_the_past_of_a_forgotten_customer() -> None:
    """Backfill and redelivery: nothing dies, nothing is sent, the person does not come back."""
    order = sent()
    cancelled = bought(GRACE)
    cancel_order(cancelled.pk, "changed her mind")
    settle()
    forgotten()
    mails = Message.objects.count()
    names = set(Delivery.objects.values_list("subscription__name", flat=True))
    since = order.placed_at
    done = Delivery.objects.filter(stream__in=[order.number, cancelled.number])

    for name in names:
        rows = done.filter(subscription__name=name)
        rows.update(state=State.WAITING, due_at=since, closed_at=None)
        list(backfill(name, since=since, rate=500, by="ada", suppressed=True))
        settle()

    assert not Delivery.objects.filter(state=State.DEAD).exists()
    assert traces() == KEPT
    assert Message.objects.count() == mails


def test_figures_are_rebuilt_without_the_customer() -> None:
    sent()
    forgotten()

    rebuild_figures(lambda _line: None)

    assert compare_figures().differences == []


def test_invoice_that_is_drawn_after_the_erasure_is_told_to_no_customer(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with monkeypatch.context() as broken:
        broken.setattr("billing.pdf.draw", lambda _document: 1 / 0)
        order = sent()
    drawing = Delivery.objects.filter(subscription__name="billing.tasks.draw_document")
    assert drawing.update(state=State.DISCARDED) == 1
    forgotten()

    drawing.update(state=State.WAITING, due_at=order.placed_at, closed_at=None)
    settle()

    assert Invoice.objects.exclude(sha256="").count() == 1
    assert not Event.objects.filter(type="InvoiceIssued").exists()
    assert traces() == KEPT


def test_customer_whose_checkout_commits_meanwhile_is_not_forgotten(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    sent()
    before = traces()
    erase = persons.forget

    def erase_after_a_checkout(person: str, streams: list[str]) -> int:
        checkout(Basket(GRACE, {"CUP": 1}))
        return erase(person, streams)

    monkeypatch.setattr(persons, "forget", erase_after_a_checkout)
    with pytest.raises(NotForgettable, match="ordering at this moment"):
        forget(GRACE.email, by="ada", why="asked for")

    assert traces() == before
