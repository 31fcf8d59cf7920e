"""Finding orders."""

from django.db.models import QuerySet

from orders.models import Order, State
from shop import links


def public_orders() -> QuerySet[Order]:
    """The orders that customers can see: drafts belong to the staff."""
    return Order.objects.exclude(state=State.DRAFT)


def order_of_link(token: str) -> Order | None:
    """The order that the customer's link opens; nothing else opens one."""
    return public_orders().filter(link_hash=links.hash_of(token)).first()
