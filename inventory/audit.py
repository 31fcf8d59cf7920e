"""What must hold in the stock, looked for every night."""

from collections.abc import Iterable, Iterator
from itertools import islice

from django.db.models import F, Q, QuerySet, Sum
from django.db.models.functions import Coalesce

from bus.audit import Finding, check
from bus.selectors import history, reactions
from inventory.models import Answer, Reservation, StockItem
from shop.events import OrderCancelled, OrderFact, OrderPlaced, StockRejected, StockReserved

AT_ONCE = 500
"""Orders asked for in one query."""


@check("the movements of every stock item add up to its numbers")
def movements_add_up() -> Iterable[Finding]:
    """Every item begins with nothing, so its movements must lead to what it has now."""
    summed = StockItem.objects.annotate(
        moved=Coalesce(Sum("movements__on_hand"), 0),
        promised=Coalesce(Sum("movements__reserved"), 0),
    )
    for item in summed.filter(~Q(moved=F("on_hand")) | ~Q(promised=F("reserved"))):
        yield Finding(
            subject=item.sku,
            what=f"has {item.on_hand} on hand and {item.reserved} reserved, its movements say "
            f"{item.moved} and {item.promised}",
        )


@check("what is reserved is the sum of the open reservations")
def reservations_add_up() -> Iterable[Finding]:
    is_open = Q(reservations__state=Reservation.State.RESERVED)
    summed = StockItem.objects.annotate(
        held=Coalesce(Sum("reservations__quantity", filter=is_open), 0)
    )
    for item in summed.exclude(held=F("reserved")):
        yield Finding(
            subject=item.sku,
            what=f"has {item.reserved} reserved, its open reservations hold {item.held}",
        )


@check("every order the stock has dealt with has its answer")
def orders_answered() -> Iterable[Finding]:
    for numbers in _numbers_of(OrderPlaced):
        for number in sorted(numbers - _in(Answer.objects.all(), numbers)):
            if _is_done(number, "reserve_stock"):
                yield Finding(subject=number, what="was handled, but the stock gave no answer")


@check("the stock's answers are what it stated")
def answers_stated() -> Iterable[Finding]:
    for fact, granted in ((StockReserved, True), (StockRejected, False)):
        # Read first, for answers that are given meanwhile bring their fact along.
        answers = Answer.objects.filter(granted=granted)
        given = set(answers.values_list("number", flat=True))
        stated = {one.number for _id, one in history(fact)}
        for number in sorted(stated - given - _in(answers, stated - given)):
            yield Finding(subject=number, what=f"has {fact.__name__} without such an answer")
        for number in sorted(given - stated):
            yield Finding(subject=number, what=f"was answered without {fact.__name__}")


@check("no cancelled order holds stock")
def cancelled_orders_hold_nothing() -> Iterable[Finding]:
    held = Reservation.objects.filter(state=Reservation.State.RESERVED)
    for numbers in _numbers_of(OrderCancelled):
        for number in sorted(_in(held, numbers)):
            if _is_done(number, "release_stock"):
                yield Finding(subject=number, what="is cancelled, but stock is reserved for it")


def _numbers_of(fact: type[OrderFact]) -> Iterator[set[str]]:
    """The numbers of the orders that have such a fact, some hundred at a time."""
    events = history(fact)
    while numbers := {stated.number for _id, stated in islice(events, AT_ONCE)}:
        yield numbers


def _in(rows: QuerySet, numbers: set[str]) -> set[str]:
    return set(rows.filter(number__in=numbers).values_list("number", flat=True))


def _is_done(number: str, reaction: str) -> bool:
    return any(
        one.app == "inventory" and one.reaction == reaction and one.state == "done"
        for one in reactions(number)
    )
