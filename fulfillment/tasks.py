"""The handlers of fulfillment."""

from datetime import timedelta

from bus import AfterDone, Queue, Retry, subscribe
from fulfillment import services
from fulfillment.warehouse import Warehouse
from shop.events import (
    CustomerForgotten,
    OrderCancelled,
    OrderPlaced,
    ShipmentRecalled,
    StockReserved,
)
from shop.stages import Stage

QUEUE = Queue("fulfillment", ordered=True)

# Only our own database is used, which comes back within seconds.
OWN_RETRY = Retry(
    on=(),
    times=8,
    first_wait=timedelta(seconds=1),
    longest_wait=timedelta(seconds=30),
)

# A warehouse system is down for hours, sometimes for a night: 16 tries are 12 hours.
WAREHOUSE_RETRY = Retry(
    on=(services.WarehouseUnavailable,),
    times=16,
    first_wait=timedelta(minutes=1),
    longest_wait=timedelta(hours=1),
)


@subscribe(OrderPlaced, queue=QUEUE, retry=OWN_RETRY, batch=50)
def open_shipment(orders: list[OrderPlaced]) -> None:
    """Open the orders' shipments."""
    services.open_shipment(orders)


@subscribe(
    StockReserved,
    queue=QUEUE,
    retry=WAREHOUSE_RETRY,
    batch=10,
    external=True,
    repeatable=True,
    using=services.warehouse,
    stage=Stage.ON_ITS_WAY,
)
def release_shipment(reserved: StockReserved, key: str, warehouse: Warehouse) -> AfterDone | None:
    """Release the shipment to the warehouse."""
    return services.release_shipment(reserved, key, warehouse)


# Not ordered: a cancellation must not wait behind a release that is retried for hours.
@subscribe(
    OrderCancelled,
    queue=QUEUE,
    retry=OWN_RETRY,
    batch=20,
    ordered=False,
    lock=services.lock_shipments,
)
def cancel_shipment(orders: list[OrderCancelled]) -> None:
    """Stop the shipments of cancelled orders, as far as that is still possible."""
    services.cancel_shipment(orders)


# Not ordered either, for the same reason; the service waits for a release that is being sent.
@subscribe(
    ShipmentRecalled,
    queue=QUEUE,
    retry=WAREHOUSE_RETRY,
    batch=10,
    ordered=False,
    external=True,
    repeatable=True,
    using=services.warehouse,
)
def recall_shipment(recalled: ShipmentRecalled, key: str, warehouse: Warehouse) -> AfterDone:
    """Recall the shipment at the warehouse."""
    return services.recall_shipment(recalled, key, warehouse)


@subscribe(CustomerForgotten, queue=QUEUE, retry=OWN_RETRY, batch=50)
def forget_recipient(forgotten: list[CustomerForgotten]) -> None:
    """Erase the recipients of the orders' shipments."""
    services.forget_recipient(forgotten)
