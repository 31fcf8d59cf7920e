"""Effects of handlers, counted in the apps' own tables and not in the ledger."""

from collections.abc import Collection
from typing import Any

from django.db.models import Count, QuerySet

from analytics.models import CountedEvent
from billing.models import Invoice
from fulfillment.models import Shipment
from inventory.models import Movement
from notifications.models import Message


def doubled(numbers: Collection[str]) -> dict[str, int]:
    """How many effects the apps have too many for these orders, by app; 0 where none is doubled.

    Mails of one kind about one event, movements of one kind of one item, documents of one kind,
    shipments, and events counted in the figures. Mails that staff have resent do not count.
    """
    mails = Message.objects.filter(order_number__in=numbers, original__isnull=True)
    return {
        "analytics": _beyond_one(CountedEvent.objects.filter(number__in=numbers), "number", "kind"),
        "billing": _beyond_one(
            Invoice.objects.filter(order_number__in=numbers), "order_number", "kind"
        ),
        "fulfillment": _beyond_one(Shipment.objects.filter(number__in=numbers), "number"),
        "inventory": _beyond_one(
            Movement.objects.filter(number__in=numbers), "number", "item", "kind"
        ),
        "notifications": _beyond_one(mails, "order_number", "kind", "about"),
    }


def _beyond_one(rows: QuerySet[Any], *what: str) -> int:
    groups = rows.order_by().values(*what).annotate(times=Count("pk")).filter(times__gt=1)
    return sum(group["times"] - 1 for group in groups)
