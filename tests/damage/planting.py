"""What a plant of damage is: something done to the settled shop, and the rule that it breaks."""

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

from django.utils import timezone

from bus.models import Delivery, State
from bus.store.outbox import fan_out
from bus.testing import settle
from orders import services
from orders.models import Order
from tests.damage.settled import Shop


@dataclass(frozen=True)
class Plant:
    """One damage, the rule that it breaks, and whether rows and events say how to mend it."""

    rule: str
    do: Callable[[Shop, ExitStack], str]
    mends: bool

    def __str__(self) -> str:
        return self.do.__name__


PLANTS: list[Plant] = []


def breaks(rule: str, *, mends: bool) -> Callable[[Any], Any]:
    """Register a function that does the damage and says which id the audit must name."""

    def register(do: Callable[[Shop, ExitStack], str]) -> Callable[[Shop, ExitStack], str]:
        PLANTS.append(Plant(rule, do, mends))
        return do

    return register


def ledger(shop: Shop, handler: str, **changes: Any) -> str:
    """Write what did not happen into the ledger."""
    rows = Delivery.objects.filter(stream=shop.released, subscription__name__endswith=handler)
    assert rows.update(**changes) == 1
    return str(rows.get().pk)


def never_done(shop: Shop, handler: str) -> str:
    """Mark a handler to a cancellation done before it could run."""
    services.cancel_order(Order.objects.get(number=shop.released).pk, "changed my mind")
    fan_out()
    delivery = ledger(shop, handler, state=State.DONE, closed_at=timezone.now())
    settle()
    return delivery
