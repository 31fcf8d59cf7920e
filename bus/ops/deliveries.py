"""Deliver again, and discard."""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from typing import Any

from django.db import transaction
from django.db.models import QuerySet

from bus.models import Delivery, State
from bus.ops.log import Refused, count_on, record
from bus.ops.selection import Selection
from bus.store import redelivery
from bus.store.outbox import lock_fan_out

UNFINISHED_STATES = (State.DEAD, State.WAITING)
FINISHED_STATES = (State.DONE, State.DISCARDED)


def deliver_again(
    which: Selection | Iterable[int], *, by: str, why: str = "", finished: bool = False
) -> int:
    """Make deliveries due now, with new tries; returns how many.

    With `finished` done and discarded ones as well: an atomic handler's unique keys keep its
    effect from happening twice, an external handler repeats it under the same key, so that a
    mail is sent once more. Deliveries in flight are left as they are, and those of a
    retired subscription, which no relay claims.

    In an ordered queue each takes its place in its lane again: it starts when nothing earlier of
    its stream is open and nothing is in flight, and later ones that have not started wait for it.
    Effects of later events stay: the older one then takes effect after them.
    """
    return _change(which, again(finished), by, why)


def discard(which: Selection | Iterable[int], *, by: str, why: str) -> int:
    """Discard waiting or dead deliveries, with the reason in their error; returns how many.

    Raises:
        Refused: without a reason.
    """
    return _change(which, never(why), by, why)


@dataclass(frozen=True)
class Change:
    """An operation: its name, the deliveries it may change, and the change."""

    name: str
    may_be: dict[str, Any]
    do: Callable[[QuerySet[Delivery]], int]

    def make(self, some: QuerySet[Delivery], most: int | None = None) -> list[int]:
        """Change at most `most` of these in the caller's transaction; returns the changed ids."""
        # Otherwise a subscription that is retired meanwhile would keep open deliveries.
        lock_fan_out()
        # Read again under lock, in one order: since they were chosen, a worker or another operator
        # may have changed them.
        locked = some.filter(**self.may_be).select_for_update(of=("self",)).order_by("pk")
        ids = list(locked.values_list("pk", flat=True)[:most])
        self.do(Delivery.objects.filter(pk__in=ids))
        return ids


def again(finished: bool) -> Change:
    """Due now, with new tries."""
    states = UNFINISHED_STATES + (FINISHED_STATES if finished else ())
    may_be = {"state__in": states, "subscription__retired_at__isnull": True}
    return Change("deliver again", may_be, redelivery.make_due_again)


def never(why: str) -> Change:
    """Discarded, without its effect.

    Raises:
        Refused: without a reason.
    """
    if not why.strip():
        raise Refused("The reason is empty; discarding needs one, which is kept in the delivery.")
    may_be = {"state__in": UNFINISHED_STATES}
    return Change("discard", may_be, partial(redelivery.discard, why=why))


def _change(which: Selection | Iterable[int], change: Change, by: str, why: str) -> int:
    """Change them in steps of one commit each, so that no lock is held for long."""
    selection = which if isinstance(which, Selection) else Selection.of(which)
    action = record(by, change.name, selection.words, count=0, why=why)
    total = 0
    for some in selection.steps():
        with transaction.atomic():
            count = len(change.make(some))
            count_on(action, count)
        total += count
    return total


def left_by(operation: Callable[..., int], selection: Selection, *, finished: bool = False) -> str:
    """How many deliveries it would leave unchanged now, and why; empty if none."""
    left: Counter[str] = Counter()
    rules: dict[str, None] = {}
    for some in selection.steps():
        for state, ended in some.values_list("state", "subscription__retired_at"):
            found = why_left(operation is deliver_again, finished, state, ended is not None)
            if found:
                word, rule = found
                left[word] += 1
                rules[rule] = None
    if not left:
        return ""
    counts = ", ".join(f"{count} {word}" for word, count in left.items())
    return f"{counts}: {'; '.join(rules)}"


def why_left(again: bool, finished: bool, state: str, retired: bool) -> tuple[str, str] | None:
    """What such a delivery is, and by which rule it is left unchanged; None if it would change."""
    if again and retired:
        return "of a retired subscription", "a retired subscription gets no deliveries"
    if state in FINISHED_STATES:
        if again:
            rule = "finished deliveries are repeated with --finished only"
            return None if finished else (f"{state} already", rule)
        return f"{state} already", "only waiting or dead deliveries can be discarded"
    if state in UNFINISHED_STATES:
        return None
    rule = "deliveries in flight must end first"
    return state, rule if again else "only waiting or dead deliveries can be discarded"
