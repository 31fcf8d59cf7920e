"""Telling the warehouse to pack and send."""

from datetime import timedelta

from django.db import transaction
from django.db.models.functions import Coalesce, Now
from django.utils import timezone

from bus import AfterDone, publish
from fulfillment.models import Shipment
from fulfillment.warehouse import TOTAL_TIMEOUT, Warehouse
from shop.events import ShipmentReleased, StockReserved

State = Shipment.State

ON_ITS_WAY = TOTAL_TIMEOUT + timedelta(seconds=10)
"""For so long after its begin, by the database's clock, a release may still reach the warehouse."""


class NotOpened(LookupError):
    """Stock was reserved for an order that has no shipment."""


def release_shipment(reserved: StockReserved, key: str, warehouse: Warehouse) -> AfterDone | None:
    """Tell the warehouse to send the order's goods, unless it is cancelled; then state it.

    The warehouse is told outside any transaction. That it is going to be told is committed
    before, so that a cancellation meanwhile knows that it must recall.

    Raises:
        NotOpened: no shipment was opened for the order.
        WarehouseUnavailable, WarehouseRefused, TryLater: see `fulfillment.warehouse`.
    """
    shipment = _begin(reserved.number)
    if shipment is None:
        return None
    warehouse.release(shipment, reserved.at, key)
    return lambda: _released(shipment.number)


def _begin(number: str) -> Shipment | None:
    """Commit that the warehouse is being told; None where it must not be, or has been."""
    with transaction.atomic():
        # With its lines, so that nothing is asked of the database while the warehouse is told.
        mine = Shipment.objects.select_for_update().prefetch_related("lines")
        shipment = mine.filter(number=number).first()
        if shipment is None:
            raise NotOpened(f"{number} has no shipment: deliver open_shipment again, then this.")
        if shipment.state != State.OPEN:
            return None
        Shipment.objects.filter(pk=shipment.pk).update(
            telling_at=Coalesce("telling_at", Now()), telling_until=Now() + ON_ITS_WAY
        )
    return shipment


def _released(number: str) -> None:
    """The warehouse knows. A cancellation that came meanwhile has stated the recall itself."""
    shipment = Shipment.objects.select_for_update().get(number=number)
    shipment.telling_until = None
    if shipment.state == State.OPEN:
        shipment.state = State.RELEASED
        shipment.released_at = timezone.now()
        publish(
            ShipmentReleased(number=number, order_id=shipment.order_id, at=shipment.released_at)
        )
    shipment.save(update_fields=["state", "released_at", "telling_until"])
