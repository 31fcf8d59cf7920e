"""An order, its reservation and its cancellation, and what becomes of its shipment."""

from bus.models import Event
from fulfillment.models import Shipment
from shop.testing import cancelled, placed, reserved

ORDER = placed("SO-1", CUP=1)
RESERVED = reserved("SO-1")
CANCELLED = cancelled("SO-1", CUP=1)


def events() -> list[str]:
    """What fulfillment has published, in order."""
    rows = Event.objects.filter(type__startswith="Shipment").order_by("id")
    return list(rows.values_list("type", flat=True))


def state() -> str:
    return Shipment.objects.get().state
