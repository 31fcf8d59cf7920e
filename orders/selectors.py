"""Finding orders."""

from django.db.models import QuerySet

from orders.models import Order, State


def public_orders() -> QuerySet[Order]:
    """The orders that customers can see: drafts belong to the staff."""
    return Order.objects.exclude(state=State.DRAFT)
