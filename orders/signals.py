"""What a saved order sets off: the one place where a placed order is stated."""

from collections.abc import Collection
from typing import Any

from orders import services
from orders.models import Order


def publish_when_placed(
    instance: Order, raw: bool, update_fields: Collection[str] | None, **_: Any
) -> None:
    """State `OrderPlaced` in the transaction of the save that turns the order to placed.

    Fixtures (`raw`) state nothing: their events are fixtures of their own.
    """
    if not raw and instance.is_placing_save(update_fields):
        services.publish_order_placed(instance)
