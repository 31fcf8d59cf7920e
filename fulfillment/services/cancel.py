"""Stopping the shipment of a cancelled order, or having it returned."""

from datetime import timedelta

from django.db.models.functions import Now
from django.utils import timezone

from bus import AfterDone, TryLater, publish
from fulfillment.models import Shipment
from fulfillment.services.open import locked_or_cancelled
from fulfillment.warehouse import Warehouse
from shop.events import OrderCancelled, ShipmentRecalled

State = Shipment.State

A_MOMENT = timedelta(seconds=30)


def cancel_shipment(orders: list[OrderCancelled]) -> None:
    """Stop the shipments of cancelled orders as far as possible; once per order.

    * not opened yet: opened as cancelled, so that `open_shipment` and `release_shipment` skip it;
    * open: cancelled; also recalled if its release was begun, since the warehouse may have it;
    * released: cancelled and recalled;
    * dispatched: to be returned, which staff see on the packing board.
    """
    causes = {order.number: order for order in orders}
    now = timezone.now()
    changed = []
    for shipment in locked_or_cancelled(orders):
        if shipment.cancelled_at is not None:
            continue
        has_left = shipment.state == State.DISPATCHED
        shipment.state = State.TO_BE_RETURNED if has_left else State.CANCELLED
        shipment.cancelled_at = now
        changed.append(shipment)
        if shipment.telling_at and not has_left:
            event = ShipmentRecalled(number=shipment.number, order_id=shipment.order_id, at=now)
            publish(event, cause=causes[shipment.number])
    Shipment.objects.bulk_update(changed, ["state", "cancelled_at"])


def recall_shipment(recalled: ShipmentRecalled, key: str, warehouse: Warehouse) -> AfterDone:
    """Recall the shipment at the warehouse, but not while its release may still be arriving.

    Waits only for a call that may be running, not for the release's retries: those may take hours,
    and find the shipment cancelled.

    Raises:
        TryLater: a release may still be arriving.
        WarehouseUnavailable, WarehouseRefused, TryLater: see `fulfillment.warehouse`.
    """
    mine = Shipment.objects.filter(number=recalled.number)
    if mine.filter(telling_until__gt=Now()).exists():
        raise TryLater(f"The release of {recalled.number} may still be arriving.", A_MOMENT)
    shipment = mine.get()
    warehouse.recall(shipment, recalled.at, key)

    def record_recall() -> None:
        mine.update(recalled_at=timezone.now())

    return record_recall
