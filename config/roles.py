"""Predefined groups of staff, with the permissions that each needs for its work."""

from django.contrib.auth.models import Group, Permission
from django.db import transaction

ROLES = {
    "support": [
        "orders.view_order",
        "orders.add_order",
        "orders.change_order",
        "orders.place_order",
        "orders.cancel_order",
        "shop.view_product",
        "shop.view_category",
        "inventory.view_stockitem",
        "billing.view_invoice",
        "fulfillment.view_shipment",
        "notifications.view_message",
        "notifications.resend_message",
    ],
    "catalogue": [
        "shop.view_product",
        "shop.add_product",
        "shop.change_product",
        "shop.view_category",
        "shop.add_category",
        "shop.change_category",
        "inventory.view_stockitem",
    ],
    "warehouse": [
        "fulfillment.view_shipment",
        "fulfillment.dispatch_shipment",
        "inventory.view_stockitem",
        "inventory.change_stockitem",
        "inventory.book_stock",
        "inventory.view_movement",
        "inventory.view_reservation",
        "shop.view_product",
        "shop.view_category",
    ],
    "accounting": [
        "billing.view_invoice",
        "billing.view_series",
        "orders.view_order",
        "analytics.view_dayfigures",
        "analytics.view_minutefigures",
        "analytics.view_productfigures",
        "analytics.view_correction",
    ],
    "privacy": [
        "orders.view_order",
        "orders.view_erasure",
        "orders.erase_customer",
        "billing.view_invoice",
        "billing.view_restricted",
    ],
    "operator": [
        "bus.view_event",
        "bus.view_delivery",
        "bus.view_subscription",
        "bus.view_operatoraction",
        "bus.view_auditresult",
        "bus.redeliver_delivery",
        "bus.discard_delivery",
        "bus.pause_subscription",
        "bus.retire_subscription",
        "bus.backfill_subscription",
        "bus.run_job",
        "bus.drop_message",
        "bus.change_failurenote",
        "outlets.view_endpoint",
        "outlets.add_endpoint",
        "outlets.change_endpoint",
        "outlets.view_webhook",
        "outlets.resend_webhook",
        "auth.view_user",
        "otp_totp.delete_totpdevice",
    ],
}
"""Permissions by the name of the group. An existing group is never changed, so that a shop can
give it other permissions."""


def add_missing_groups() -> list[str]:
    """Create the predefined groups that are missing; returns their names."""
    with transaction.atomic():
        there = set(Group.objects.filter(name__in=ROLES).values_list("name", flat=True))
        missing = [name for name in ROLES if name not in there]
        for name in missing:
            Group.objects.create(name=name).permissions.set(_permissions(ROLES[name]))
    return missing


def _permissions(names: list[str]) -> list[Permission]:
    by_app: dict[str, list[str]] = {}
    for name in names:
        app, codename = name.split(".")
        by_app.setdefault(app, []).append(codename)
    found = [
        permission
        for app, codenames in by_app.items()
        for permission in Permission.objects.filter(
            content_type__app_label=app, codename__in=codenames
        )
    ]
    if len(found) != len(names):
        raise LookupError(
            f"Of {', '.join(names)} only {len(found)} exist. Run `manage.py migrate` first."
        )
    return found
