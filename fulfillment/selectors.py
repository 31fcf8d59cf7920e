"""Queries of the packing board and of the admin's first page."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Min, QuerySet

from fulfillment.models import Shipment


def to_pack(order_number: str = "") -> QuerySet[Shipment]:
    """Released shipments that are not dispatched, by number, with their lines.

    Not by the instant of release: orders that come together are released in any order.
    """
    rows = Shipment.objects.filter(
        state=Shipment.State.RELEASED, number__icontains=order_number.strip()
    )
    return rows.order_by("number").prefetch_related("lines")


def to_be_returned() -> QuerySet[Shipment]:
    """Shipments cancelled after dispatch and not back yet, oldest first, with their lines."""
    rows = Shipment.objects.filter(state=Shipment.State.TO_BE_RETURNED, returned_at__isnull=True)
    return rows.order_by("cancelled_at", "id").prefetch_related("lines")


def carriers() -> list[str]:
    """The carriers of the last hundred parcels, as suggestions for the form."""
    recent = Shipment.objects.filter(dispatched_at__isnull=False).order_by("-id")
    return sorted(set(recent.values_list("carrier", flat=True)[:100]))


@dataclass(frozen=True)
class Packing:
    """How many shipments are to be packed, and since when the first has been."""

    count: int
    since: datetime | None


def packing() -> Packing:
    """The packing board in figures."""
    rows = Shipment.objects.filter(state=Shipment.State.RELEASED)
    found = rows.aggregate(count=Count("pk"), since=Min("released_at"))
    return Packing(found["count"], found["since"])
