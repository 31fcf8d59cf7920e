"""What orders remembers of the other rooms' facts."""

from orders.models import Order
from shop.events import ShipmentDispatched, StockReserved


def note_reservation(reserved: StockReserved) -> None:
    """Keep when the goods were set aside; a second telling changes nothing."""
    Order.objects.filter(number=reserved.number, reserved_at=None).update(reserved_at=reserved.at)


def note_dispatch(dispatched: ShipmentDispatched) -> None:
    """Keep when the goods left, even if the order was cancelled in the same moment."""
    Order.objects.filter(number=dispatched.number, shipped_at=None).update(shipped_at=dispatched.at)
