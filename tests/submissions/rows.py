"""Rows that the forms of the admin act on, and the pages that have the forms."""

from typing import Any

from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from bus.models import BulkOperation, Delivery, Event, State, Subscription
from bus.ops import Filter, bulk
from bus.store.outbox import fan_out
from bus.worker.registration import register
from fulfillment.models import Shipment
from notifications.models import Kind, Message
from notifications.models import State as MailState
from orders.models import Order
from orders.services import Basket, checkout
from outlets.models import Endpoint, Webhook
from shop.testing import CUSTOMER
from tests.support.pages import forms, posting


def page_of(name: str, *args: Any) -> str:
    return reverse(f"admin:{name}", args=args)


def an_order() -> Order:
    return checkout(Basket(CUSTOMER, {"CUP": 1})).order


def a_draft() -> Order:
    draft = Order.objects.create(
        email="ada@example.com", name="Ada", line1="Weg 1", postal_code="10115", city="Berlin",
        country="DE",
    )  # fmt: skip
    draft.lines.create(sku="CUP", quantity=1)
    return draft


def a_mail() -> Message:
    order = an_order()
    return Message.objects.create(
        key="mail 1", kind=Kind.ORDER_CONFIRMATION, order_number=order.number,
        order_id=order.public_id, about=Event.objects.latest('id').key, subject="Thank you",
        to="ada@example.com", message_id="<1@shop>", state=MailState.SENT,
        begun_at=timezone.now(), sent_at=timezone.now(),
    )  # fmt: skip


def a_shipment(**state: Any) -> Shipment:
    order = an_order()
    return Shipment.objects.create(
        number=order.number, order_id=order.public_id, recipient="Ada", email="ada@example.com",
        line1="Weg 1", postal_code="10115", city="Berlin", country="DE",
        opened_at=timezone.now(), released_at=timezone.now(), **state,
    )  # fmt: skip


def an_endpoint() -> Endpoint:
    return Endpoint.objects.create(
        url="https://example.com/", events=["OrderPlaced"], secret="whsec_AAAA"
    )


def a_webhook() -> Webhook:
    return Webhook.objects.create(
        key="1-1", endpoint=an_endpoint(), event=1, type="OrderPlaced", subject="SO-1",
        state="sent", status=204,
    )  # fmt: skip


def dead_deliveries() -> str:
    register()
    an_order()
    fan_out()
    Delivery.objects.update(state=State.DEAD, error="ValueError", closed_at=timezone.now())
    return page_of("bus_delivery_changelist")


def a_confirmation() -> str:
    browser = Client()
    browser.force_login(User.objects.get(username="staff"))
    page = dead_deliveries()
    form = posting(browser, page, "action")
    ids = list(Delivery.objects.values_list("pk", flat=True)[:2])
    chosen = form.filled(action="deliver_again", _selected_action=ids)
    return browser.post(page, chosen)["Location"]


def a_running_operation() -> str:
    dead_deliveries()
    operation = bulk.begin(Filter(queue="billing"), "discard", by="staff", why="a test")
    BulkOperation.objects.update(ended_at=None)
    return page_of("bus_operatoraction_stop", operation.pk)


def subscriptions_page() -> str:
    register()
    return page_of("bus_subscription_changelist")


def a_subscription() -> int:
    register()
    return Subscription.objects.get(name="analytics.tasks.record_sales").pk


def a_preview(model: str, table: str) -> str:
    """What the form that confirms an import of this table carries."""
    browser = Client()
    browser.force_login(User.objects.get(username="staff"))
    file = SimpleUploadedFile("table.csv", table.encode())
    page = browser.post(page_of(f"{model}_import_rows"), {"file": file}).content.decode()
    return next(one.fields["carried"][0] for one in forms(page) if "carried" in one.fields)
