"""What fulfillment holds of a person."""

from collections.abc import Sequence

from fulfillment.models import Shipment
from shop.personal import Rows, personal

FIELDS = (
    "number", "state", "recipient", "email", "line1", "line2", "postal_code", "city", "region",
    "country", "language", "carrier", "tracking_number", "opened_at", "released_at",
    "dispatched_at", "cancelled_at", "recalled_at", "returned_at",
)  # fmt: skip


@personal("shipments")
def shipments(numbers: Sequence[str]) -> Rows:
    return list(Shipment.objects.filter(number__in=numbers).order_by("id").values(*FIELDS))
