"""Every form of the admin that changes something: how it is filled in and what it does."""

from typing import Any

from django.contrib.auth.models import Group, User
from django.test import Client
from django.utils import timezone

from bus.models import BulkOperation, Event
from fulfillment.models import Shipment
from inventory.models import Movement, StockItem
from notifications.models import Message
from orders.models import Order
from shop.models import Category, Product
from shop.submissions import FIELD
from tests.submissions.case import Case, changes, done, happened
from tests.submissions.endpoints import ENDPOINTS
from tests.submissions.erasures import ERASURES
from tests.submissions.factors import FACTORS
from tests.submissions.rows import (
    a_confirmation,
    a_draft,
    a_mail,
    a_preview,
    a_running_operation,
    a_shipment,
    a_subscription,
    an_order,
    page_of,
    subscriptions_page,
)
from tests.support.pages import posting


def chosen(action: str) -> dict[str, Any]:
    return {"action": action, "_selected_action": a_subscription, "reason": "a test"}


def sent_again() -> int:
    return Event.objects.filter(type="MailResendRequested").count()


ADDRESS = {"email": "ada@example.com", "name": "Ada", "line1": "Weg 1", "postal_code": "10115",
           "city": "Berlin", "country": "DE", "language": "de",
           "lines-0-sku": "CUP", "lines-0-quantity": "1"}  # fmt: skip
PASSWORD = {"password1": "long-enough-4711", "password2": "long-enough-4711"}
PLACE = {"orders_order_save_and_place": "1"}


CASES = ENDPOINTS | ERASURES | FACTORS | {
    "product.add": Case(
        lambda: page_of("shop_product_add"),
        {"sku": "POT", "name": "A pot", "unit_price": "9.90"},
        lambda: Product.objects.filter(sku="POT").count(),
        ("was added successfully",),
    ),
    "product.change": Case(
        lambda: page_of("shop_product_change", Product.objects.get().pk),
        {"name": "A blue cup"},
        changes("change", "product"),
    ),
    "product.delete": Case(
        lambda: page_of(
            "shop_product_delete",
            Product.objects.create(sku="OLD", name="Old", unit_price="1").pk,
        ),
        {},
        changes("delete", "product"),
    ),
    "category.add": Case(
        lambda: page_of("shop_category_add"),
        {"name": "Cups", "slug": "cups"},
        lambda: Category.objects.filter(slug="cups").count(),
        ("was added successfully",),
    ),
    "product.import_rows": Case(
        lambda: page_of("shop_product_import_rows"),
        {"carried": lambda: a_preview("shop_product", "sku,name,unit_price\nPOT,A pot,9.90")},
        lambda: Product.objects.filter(sku="POT").count(),
        ("1 new",),
    ),
    "stockitem.import_rows": Case(
        lambda: page_of("inventory_stockitem_import_rows"),
        {"carried": lambda: a_preview("inventory_stockitem", "sku,on_hand\nCUP,48")},
        lambda: Movement.objects.filter(reason="Import of table.csv").count(),
        ("1 changed",),
    ),
    "stockitem.change": Case(
        lambda: page_of("inventory_stockitem_change", StockItem.objects.get().pk),
        {"low_at": "8"},
        changes("change", "stockitem"),
    ),
    "stockitem.receive_stock": Case(
        lambda: page_of("inventory_stockitem_receive_stock"),
        {"sku": "CUP", "quantity": "7", "reason": "Miller 4711"},
        lambda: Movement.objects.filter(reason="Miller 4711").count(),
        ("7 x CUP received",),
    ),
    "stockitem.correct_stock": Case(
        lambda: page_of("inventory_stockitem_correct_stock", StockItem.objects.get().pk),
        {"counted": "48", "reason": "two broken"},
        lambda: Movement.objects.filter(reason="two broken").count(),
        ("corrected by",),
    ),
    "order.add": Case(
        lambda: page_of("orders_order_add"), ADDRESS, Order.objects.count, ("was added",)
    ),
    "order.add as placed": Case(
        lambda: page_of("orders_order_add"),
        ADDRESS | {"state": "placed"},
        happened("OrderPlaced"),
        ("is placed",),
    ),
    "order.change": Case(
        lambda: page_of("orders_order_change", a_draft().pk),
        {"city": "Bonn"},
        changes("change", "order"),
    ),
    "order.save_and_place": Case(
        lambda: page_of("orders_order_change", a_draft().pk),
        {},
        happened("OrderPlaced"),
        ("is placed", "/change/"),
        PLACE,
    ),
    "order.cancel": Case(
        lambda: page_of("orders_order_cancel", an_order().pk),
        {"reason": "Asked by phone"},
        happened("OrderCancelled"),
        ("is cancelled",),
    ),
    "order.delete": Case(
        lambda: page_of("orders_order_delete", a_draft().pk), {}, changes("delete", "order")
    ),
    "message.send_this_again": Case(
        lambda: page_of("notifications_message_send_this_again", a_mail().pk),
        {},
        sent_again,
        ("will be sent again",),
    ),
    "message.send_again": Case(
        lambda: (a_mail(), page_of("notifications_message_changelist"))[1],
        {"action": "send_again", "_selected_action": lambda: Message.objects.get().pk},
        sent_again,
        ("will be sent again",),
    ),
    "packingboard.dispatch": Case(
        lambda: (a_shipment(state="released"), "/admin/fulfillment/packingboard/")[1],
        {
            "dispatch": lambda: Shipment.objects.get().pk,
            "{pk}-carrier": "DHL",
            "{pk}-tracking_number": "JD01",
        },
        happened("ShipmentDispatched"),
        ("left with DHL",),
    ),
    "packingboard.take_back": Case(
        lambda: (
            a_shipment(
                state="to be returned", cancelled_at=timezone.now(), carrier="DHL",
                tracking_number="JD01", dispatched_at=timezone.now(),
            ),
            "/admin/fulfillment/packingboard/",
        )[1],
        {"take_back": lambda: Shipment.objects.get().pk},
        changes("change", "shipment"),
        ("is back",),
    ),
    "delivery.bulk": Case(a_confirmation, {"reason": "mended"}, BulkOperation.objects.count),
    "operatoraction.stop": Case(a_running_operation, {}, done("stop"), ("Stopped",)),
    "subscription.pause": Case(subscriptions_page, chosen("pause"), done("pause"), ("paused",)),
    "subscription.resume": Case(subscriptions_page, chosen("resume"), done("resume"), ("active",)),
    "subscription.retire": Case(subscriptions_page, chosen("retire"), done("retire"), ("retired",)),
    "subscription.backfill": Case(
        lambda: page_of("bus_subscription_backfill", a_subscription()),
        {"since": "2026-11-01 00:00", "rate": "50"},
        done("backfill"),
        ("inserted for",),
    ),
    "user.add": Case(
        lambda: page_of("auth_user_add"),
        {"username": "eve", **PASSWORD},
        lambda: User.objects.filter(username="eve").count(),
    ),
    "user.change": Case(
        lambda: page_of("auth_user_change", User.objects.create_user("eve").pk),
        {"first_name": "Eve"},
        changes("change", "user"),
    ),
    "user.password": Case(
        lambda: page_of("auth_user_password_change", User.objects.create_user("eve").pk),
        PASSWORD,
        changes("change", "user"),
    ),
    "group.add": Case(lambda: page_of("auth_group_add"), {"name": "packers"}, Group.objects.count),
    "group.change": Case(
        lambda: page_of("auth_group_change", Group.objects.create(name="packers").pk),
        {"name": "Packers"},
        changes("change", "group"),
    ),
}  # fmt: skip


MADE = ("dispatch", "take_back", "_selected_action", "carried", "events")
"""Values that the page does not offer as a field: a button's, a row's, a preview's, a box's."""


def filled(browser: Client, case: Case) -> tuple[str, dict[str, Any]]:
    """The address of the case's page, and its form as a browser would send it."""
    address = case.page()
    values = {name: value() if callable(value) else value for name, value in case.fields.items()}
    pk = str(values.get("dispatch", ""))
    values = {name.replace("{pk}", pk): value for name, value in values.items()}
    named = [name for name in values if name not in MADE]
    form = posting(browser, address, *named, FIELD)
    if "-sku" in "".join(values):
        values["lines-TOTAL_FORMS"] = "1"
    return address, form.filled(**values, **case.button)
