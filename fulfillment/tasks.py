"""What fulfilment does when something happens in the shop."""

from datetime import timedelta

from bus import AfterDone, Queue, Retry, subscribe
from fulfillment import services
from fulfillment.warehouse import Warehouse
from shop.events import OrderCancelled, OrderPlaced, ShipmentRecalled, StockReserved
from shop.stages import Stage

QUEUE = Queue("fulfillment", ordered=True)

# A shipment is a row of our own database, which comes back within seconds.
OWN_RETRY = Retry(
    on=(),
    times=8,
    first_wait=timedelta(seconds=1),
    longest_wait=timedelta(seconds=30),
)

# A warehouse is closed for maintenance by the hour, sometimes for a night: 16 tries are 12 hours.
WAREHOUSE_RETRY = Retry(
    on=(services.WarehouseUnavailable,),
    times=16,
    first_wait=timedelta(minutes=1),
    longest_wait=timedelta(hours=1),
)


@subscribe(OrderPlaced, queue=QUEUE, retry=OWN_RETRY, batch=50)
def open_shipment(orders: list[OrderPlaced]) -> None:
    """Open the shipments."""
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
    """Tell the warehouse to send the goods."""
    return services.release_shipment(reserved, key, warehouse)


# Not ordered: a cancellation must not wait behind a release that is tried for hours.
@subscribe(
    OrderCancelled,
    queue=QUEUE,
    retry=OWN_RETRY,
    batch=20,
    ordered=False,
    lock=services.lock_shipments,
)
def cancel_shipment(orders: list[OrderCancelled]) -> None:
    """Stop the shipments as far as they can still be stopped."""
    services.cancel_shipment(orders)


# Not ordered either, for the same reason; it keeps behind a release in the air by itself.
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
    """Tell the warehouse to keep the goods."""
    return services.recall_shipment(recalled, key, warehouse)
