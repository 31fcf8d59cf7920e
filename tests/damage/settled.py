"""A small shop in which four orders have gone four ways and everything has come to rest."""

from dataclasses import dataclass
from decimal import Decimal

from bus.testing import settle
from bus.worker.registration import register
from fulfillment.models import Shipment
from fulfillment.services import dispatch_shipment
from inventory.services import receive_stock
from orders.models import Order
from orders.services import Basket, Repeat, cancel_order, checkout
from shop.models import Product
from shop.testing import CUSTOMER


@dataclass(frozen=True)
class Shop:
    """The numbers of its orders."""

    sent: str
    cancelled: str
    rejected: str
    released: str


def settled_shop() -> Shop:
    """One order was sent, one cancelled after its release, one rejected, one is to be packed."""
    register()
    Product.objects.create(sku="CUP", name="A cup", unit_price=Decimal("11.90"))
    receive_stock("CUP", 10, "first delivery")
    sent, cancelled, rejected, released = (_order(pieces) for pieces in (1, 2, 8, 3))
    settle()
    dispatch_shipment(Shipment.objects.get(number=sent.number).pk, "DHL", "JD0001")
    cancel_order(cancelled.pk, "changed my mind")
    settle()
    return Shop(*(str(one.number) for one in (sent, cancelled, rejected, released)))


def _order(pieces: int) -> Order:
    body = {"CUP": pieces}
    return checkout(Basket(CUSTOMER, body), Repeat.of(f"key of {pieces}", body)).order
