"""Finding orders."""

from uuid import UUID

from django.db.models import QuerySet

from orders.models import Order, State


def public_orders() -> QuerySet[Order]:
    """The orders that customers can see: drafts belong to the staff."""
    return Order.objects.exclude(state=State.DRAFT)


def public_order(public_id: UUID) -> Order:
    """One order by its UUID.

    Raises:
        Order.DoesNotExist: none, or a draft.
    """
    return public_orders().get(public_id=public_id)
