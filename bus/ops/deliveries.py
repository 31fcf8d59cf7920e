"""Deliveries: again, or never."""

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
    """Make deliveries due now, with a fresh count of attempts; returns how many.

    With `finished` those that are done or discarded as well: an atomic handler's own keys keep
    its effect from happening twice, an external one repeats it under the same key, so that a
    mail is sent once more. What is in flight is left, and so is what belongs to a
    retired subscription: nobody would claim it.

    In an ordered queue each takes its place in its lane again: it begins when nothing earlier of
    its stream is open and nothing is in flight, and what is later and not begun waits for it.
    What later events have done stays done: an older one then takes effect after them.
    """
    return _change(which, again(finished), by, why)


def discard(which: Selection | Iterable[int], *, by: str, why: str) -> int:
    """End waiting or dead deliveries without their effect, with the reason in their error;
    returns how many.

    Raises:
        Refused: without a reason.
    """
    return _change(which, never(why), by, why)


@dataclass(frozen=True)
class Change:
    """What an operation is called, which deliveries it may be done to, and what it does to them."""

    name: str
    may_be: dict[str, Any]
    do: Callable[[QuerySet[Delivery]], int]

    def make(self, some: QuerySet[Delivery], most: int | None = None) -> list[int]:
        """Change these, `most` at the most, in the caller's transaction; the ids of which."""
        # A subscription that is retired meanwhile would get what is claimed no more.
        lock_fan_out()
        # Read again under lock, in one order: they are no longer what they were when chosen if
        # somebody was quicker.
        locked = some.filter(**self.may_be).select_for_update(of=("self",)).order_by("pk")
        ids = list(locked.values_list("pk", flat=True)[:most])
        self.do(Delivery.objects.filter(pk__in=ids))
        return ids


def again(finished: bool) -> Change:
    """Due now, as if it had never been tried."""
    states = UNFINISHED_STATES + (FINISHED_STATES if finished else ())
    may_be = {"state__in": states, "subscription__retired_at__isnull": True}
    return Change("deliver again", may_be, redelivery.make_due_again)


def never(why: str) -> Change:
    """Ended without its effect.

    Raises:
        Refused: without a reason.
    """
    if not why.strip():
        raise Refused("Discarding needs a reason: it is the only trace of what did not happen.")
    may_be = {"state__in": UNFINISHED_STATES}
    return Change("discard", may_be, partial(redelivery.discard, why=why))


def _change(which: Selection | Iterable[int], change: Change, by: str, why: str) -> int:
    """Change them in steps, each a commit: as many as there are hold no lock for long."""
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
    """How many deliveries it would leave now, and why; empty where it leaves none."""
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
    """What a delivery is that the operation leaves, and by which rule; None if it does not."""
    if again and retired:
        return "of a retired subscription", "a retired subscription does nothing"
    if state in FINISHED_STATES:
        if again:
            rule = "what is finished is repeated only where that is said explicitly (--finished)"
            return None if finished else (f"{state} already", rule)
        return f"{state} already", "only waiting or dead ones can be discarded"
    if state in UNFINISHED_STATES:
        return None
    rule = "what is in flight comes back first"
    return state, rule if again else "only waiting or dead ones can be discarded"
