"""Queries for orders."""

from django.db.models import QuerySet

from orders.models import Order, State
from shop import links


def public_orders() -> QuerySet[Order]:
    """The orders that customers can see: all but drafts."""
    return Order.objects.exclude(state=State.DRAFT)


def order_of_link(token: str) -> Order | None:
    """The order of a customer's link, by the hash of its token; None if there is none."""
    return public_orders().filter(link_hash=links.hash_of(token)).first()
