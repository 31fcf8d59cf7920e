"""What becomes of orders whose goods are not there, in whatever order the apps get to it."""

from pathlib import Path
from typing import Any

import pytest
from django.core import mail
from django.core.mail import EmailMessage
from django.utils import timezone

from billing.models import Invoice
from bus.audit import Operator, repair, run_checks
from bus.models import Delivery, Event, Subscription
from bus.ops import discard
from bus.testing import settle
from bus.worker.registration import register
from inventory.models import StockItem
from inventory.services import correct_stock, receive_stock
from notifications.models import Message
from orders.models import Order
from orders.services import Basket, OutOfStock, cancel_order, checkout
from shop.models import Product
from shop.testing import CUSTOMER
from tests.support.apps import APPS

pytestmark = pytest.mark.django_db(transaction=True)

TURNS = [
    pytest.param(APPS, id="by name"),
    pytest.param(APPS[::-1], id="backwards"),
    pytest.param(("notifications", "billing", "orders", "inventory"), id="listeners first"),
]
"""In which order the apps' workers are at work, one at a time."""


@pytest.fixture(autouse=True)
def shop(settings: Any, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path
    Product.objects.create(sku="CUP", name="A cup", unit_price="11.90")
    receive_stock("CUP", 1, "the last one")
    register()


def ordered() -> Order:
    return checkout(Basket(CUSTOMER, {"CUP": 1})).order


def settle_in_turns(apps: tuple[str, ...]) -> None:
    for _round in range(3):
        for app in apps:
            others = Subscription.objects.exclude(queue__name=app)
            others.update(paused_at=timezone.now())
            settle()
            others.update(paused_at=None)
    settle()


def mails() -> list[EmailMessage]:
    return [one for one in mail.outbox if CUSTOMER.email in one.to[0]]


def subjects() -> list[str]:
    """Of the customer's mails, up to the order's number."""
    return [str(one.subject).partition(" SO-")[0] for one in mails()]


def documents(order: Order) -> list[str]:
    rows = Invoice.objects.filter(order_number=order.number).order_by("id")
    return [str(kind) for kind in rows.values_list("kind", flat=True)]


def findings() -> dict[str, Any]:
    return {rule: found for rule, found in run_checks().items() if found}


@pytest.mark.parametrize("apps", TURNS)
def test_rejected_order_has_one_mail_and_no_document(apps: tuple[str, ...]) -> None:
    order = ordered()
    correct_stock("CUP", 0, "it was broken", "grace")

    settle_in_turns(apps)

    assert subjects() == ["We cannot deliver your order"]
    assert documents(order) == []
    assert not Event.objects.filter(type="OrderConfirmed").exists()
    assert findings() == {}


def test_rejection_mail_apologises_and_asks_for_nothing() -> None:
    ordered()
    correct_stock("CUP", 0, "it was broken", "grace")

    settle()

    [told] = mails()
    text = " ".join(told.body.split())
    assert "We are sorry" in text
    assert "Not in stock: A cup" in text
    assert "there is nothing to pay" in text
    for wrong in ("Thank you", "send them back", "credit note", "amount back", "Please pay"):
        assert wrong.lower() not in text.lower()


def test_second_order_for_the_last_piece_is_rejected() -> None:
    first, second = ordered(), ordered()

    settle()

    assert documents(first) == ["invoice"]
    assert documents(second) == []
    second.refresh_from_db()
    assert (second.state, second.rejected) == ("cancelled", True)
    assert sorted(subjects()) == sorted(
        ["Your order", "We cannot deliver your order", f"Invoice {_invoice()} for your order"]
    )


@pytest.mark.parametrize("apps", TURNS)
def test_order_cancelled_before_reservation_has_one_mail_and_no_document(
    apps: tuple[str, ...],
) -> None:
    order = ordered()
    cancel_order(order.pk, "changed my mind")

    settle_in_turns(apps)

    assert subjects() == ["Your order"]
    assert "was cancelled" in str(mails()[0].subject)
    assert documents(order) == []
    assert findings() == {}


@pytest.mark.parametrize("apps", TURNS)
def test_order_cancelled_after_its_confirmation_is_credited(apps: tuple[str, ...]) -> None:
    order = ordered()
    settle_in_turns(("inventory", "orders"))
    cancel_order(order.pk, "changed my mind")

    settle_in_turns(apps)

    assert documents(order) == ["invoice", "credit note"]
    assert findings() == {}


def test_redelivery_issues_and_confirms_nothing_more() -> None:
    kept, rejected = ordered(), ordered()
    settle()
    not_mails = Delivery.objects.exclude(queue__name="notifications")

    not_mails.update(state="waiting", closed_at=None)
    settle()

    assert documents(kept) == ["invoice"]
    assert documents(rejected) == []
    assert Event.objects.filter(type="OrderConfirmed").count() == 1
    assert len(mails()) == 3


def test_order_confirmed_at_placement_is_not_confirmed_again() -> None:
    """By a release that mailed on `OrderPlaced`; its record stands under another key."""
    order = ordered()
    settle()
    [record] = order_confirmations(order)
    Message.objects.filter(pk=record.pk).update(key="of the earlier release")

    Delivery.objects.filter(subscription__name__endswith="send_order_confirmation").update(
        state="waiting", closed_at=None
    )
    settle()

    assert subjects().count("Your order") == 1
    assert [one.state for one in order_confirmations(order)] == ["sent", "skipped"]


def order_confirmations(order: Order) -> list[Message]:
    rows = Message.objects.filter(order_number=order.number, kind="order confirmation")
    return list(rows.order_by("id"))


def _invoice() -> str:
    return Invoice.objects.get().number


def test_checkout_of_reserved_stock_is_refused() -> None:
    ordered()
    settle()

    with pytest.raises(OutOfStock, match="CUP: 1 wanted, 0 available"):
        ordered()

    assert Order.objects.count() == 1


def test_product_without_stock_is_sold_out() -> None:
    Product.objects.create(sku="NEW", name="Not there yet", unit_price="1.00")

    with pytest.raises(OutOfStock, match="NEW: 1 wanted, 0 available"):
        checkout(Basket(CUSTOMER, {"NEW": 1}))


def test_overreserved_product_has_no_available_pieces() -> None:
    StockItem.objects.update(on_hand=1, reserved=3)

    with pytest.raises(OutOfStock, match="CUP: 1 wanted, 0 available"):
        ordered()


def test_orders_open_since_earlier_release_are_invoiced_and_confirmed_once() -> None:
    """It had reserved without confirming, and billing had not come to the order yet."""
    order = ordered()
    Order.objects.filter(pk=order.pk).update(reserved_at=timezone.now())
    settle()
    subscription = Subscription.objects.get(name="billing.tasks.issue_invoice")
    old = Delivery.objects.create(
        event=Event.objects.get(type="OrderPlaced"),
        subscription=subscription,
        queue=subscription.queue,
        stream=str(order.number),
        ordered=True,
    )
    settle()
    old.refresh_from_db()
    assert (old.state, documents(order)) == ("dead", [])

    list(repair(run_checks(), Operator("grace", "upgrade")))
    settle()
    discard([old.pk], by="grace", why="upgrade")
    settle()

    assert documents(order) == ["invoice"]
    assert subjects().count("Your order") == 1
    assert list(repair(run_checks(), Operator("grace", "upgrade"))) == []
