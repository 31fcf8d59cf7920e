"""Releasing a shipment to the warehouse."""

from datetime import timedelta

from django.utils import timezone

from bus import AfterDone, publish
from bus.store.database import db
from fulfillment.models import Shipment
from fulfillment.warehouse import TOTAL_TIMEOUT, Warehouse
from shop.events import ShipmentReleased, StockReserved

State = Shipment.State

ON_ITS_WAY = TOTAL_TIMEOUT + timedelta(seconds=10)
"""How long after its start, by the database's clock, a release may still reach the warehouse."""

BEGIN = """
    UPDATE fulfillment_shipment
    SET telling_at = COALESCE(telling_at, {now}), telling_until = {until}
    WHERE number = %s AND state = 'open' RETURNING {columns}
"""


class NotOpened(LookupError):
    """Stock was reserved for an order that has no shipment."""


def release_shipment(reserved: StockReserved, key: str, warehouse: Warehouse) -> AfterDone | None:
    """Release the order's shipment to the warehouse, unless it is cancelled.

    The returned function publishes `ShipmentReleased`. The warehouse is called outside any
    transaction; the intent is committed first, so that a cancellation in between recalls.

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
    """Commit the intent to release; None if the shipment is not open."""
    # One statement writes the intent and reads the shipment, and commits by itself.
    # Columns by name: a column added by an upgrade would change `*` under a kept plan.
    columns = ", ".join(field.column for field in Shipment._meta.concrete_fields)
    begun = Shipment.objects.raw(
        BEGIN.format(now=db.now, until=db.later, columns=columns),
        [ON_ITS_WAY.total_seconds(), number],
    )
    if begun:
        return begun[0]
    if not Shipment.objects.filter(number=number).exists():
        raise NotOpened(f"{number} has no shipment: deliver its open_shipment again, then this.")
    return None


def _released(shipment: Shipment) -> None:
    """Record the release. A cancellation in between has published `ShipmentRecalled` itself."""
    now = timezone.now()
    mine = Shipment.objects.filter(pk=shipment.pk)
    if mine.filter(state=State.OPEN).update(
        state=State.RELEASED, released_at=now, telling_until=None
    ):
        publish(ShipmentReleased(number=shipment.number, order_id=shipment.order_id, at=now))
    else:
        mine.update(telling_until=None)
