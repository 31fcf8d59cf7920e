"""What orders remembers of the other rooms' facts."""

from collections.abc import Sequence

from django.db.models import Case, Value, When

from orders.models import Order
from shop.events import OrderFact, ShipmentDispatched, StockReserved


def note_reservation(reserved: list[StockReserved]) -> None:
    """Keep when the goods were set aside; a second telling changes nothing. One statement."""
    _note("reserved_at", reserved)


def note_dispatch(dispatched: list[ShipmentDispatched]) -> None:
    """Keep when the goods left, even if the order was cancelled in the same moment.

    A second telling changes nothing. One statement.
    """
    _note("shipped_at", dispatched)


def _note(column: str, facts: Sequence[OrderFact]) -> None:
    first_told = {fact.number: fact.at for fact in reversed(facts)}
    at = Case(*(When(number=number, then=Value(at)) for number, at in first_told.items()))
    Order.objects.filter(number__in=first_told, **{column: None}).update(**{column: at})
