"""Keeping the goods of a cancelled order, or getting them back."""

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
    """Stop the shipments of cancelled orders as far as they can still be stopped; once per order.

    * not opened yet: it is opened as cancelled, and *open* and *release* leave it alone;
    * open: cancelled; where telling the warehouse has begun, it is recalled, for nobody knows
      whether the warehouse has heard;
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
    """Tell the warehouse to keep the goods, but never before a release that is still on its way.

    It does not wait for that release's retries, which may take hours and will find the shipment
    cancelled: only for the one call that may be in the air.

    Raises:
        TryLater: a release may still be on its way.
        WarehouseUnavailable, WarehouseRefused, TryLater: see `fulfillment.warehouse`.
    """
    mine = Shipment.objects.filter(number=recalled.number)
    if mine.filter(telling_until__gt=Now()).exists():
        raise TryLater(f"{recalled.number} is on its way to the warehouse.", A_MOMENT)
    shipment = mine.get()
    warehouse.recall(shipment, recalled.at, key)

    def told() -> None:
        mine.update(recalled_at=timezone.now())

    return told
