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
    return lambda: _released(shipment)


def _begin(number: str) -> Shipment | None:
    """Commit that the warehouse is being told; None where it must not be, or has been."""
    mine = Shipment.objects.filter(number=number)
    with transaction.atomic():
        begun = mine.filter(state=State.OPEN).update(
            telling_at=Coalesce("telling_at", Now()), telling_until=Now() + ON_ITS_WAY
        )
        # With its lines, so that nothing is asked of the database while the warehouse is told.
        shipment = mine.prefetch_related("lines").first()
    if shipment is None:
        raise NotOpened(f"{number} has no shipment: deliver open_shipment again, then this.")
    return shipment if begun else None


def _released(shipment: Shipment) -> None:
    """The warehouse knows. A cancellation that came meanwhile has stated the recall itself."""
    now = timezone.now()
    mine = Shipment.objects.filter(pk=shipment.pk)
    if mine.filter(state=State.OPEN).update(
        state=State.RELEASED, released_at=now, telling_until=None
    ):
        publish(ShipmentReleased(number=shipment.number, order_id=shipment.order_id, at=now))
    else:
        mine.update(telling_until=None)
