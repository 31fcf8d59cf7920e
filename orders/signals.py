"""The one receiver of an order's `post_save`: it publishes `OrderPlaced`."""

from collections.abc import Collection
from typing import Any

from orders import services
from orders.models import Order


def publish_when_placed(
    instance: Order, raw: bool, update_fields: Collection[str] | None, **_: Any
) -> None:
    """Publish `OrderPlaced` in the transaction of the save that places the order.

    Fixtures (`raw`) publish nothing: their events are fixtures too.
    """
    if not raw and instance.is_placing_save(update_fields):
        services.publish_order_placed(instance)
