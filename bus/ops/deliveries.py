"""Deliveries: again, or never."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.db.models import Case, F, QuerySet, TextField, Value, When
from django.db.models.functions import Concat, Now

from bus.models import Delivery, State
from bus.ops.log import Refused, count_on, record
from bus.ops.selection import Selection
from bus.store.outbox import lock_routing

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
    """What an operation is called, which deliveries it may be done to, and what it sets."""

    name: str
    may_be: dict[str, Any]
    sets: dict[str, Any]

    def make(self, some: QuerySet[Delivery], most: int | None = None) -> list[int]:
        """Change these, `most` at the most, in the caller's transaction; the ids of which."""
        # A subscription that is retired meanwhile would get what nobody claims any more.
        lock_routing()
        # Read again under lock, in one order: they are no longer what they were when chosen if
        # somebody was quicker.
        locked = some.filter(**self.may_be).select_for_update(of=("self",)).order_by("pk")
        ids = list(locked.values_list("pk", flat=True)[:most])
        Delivery.objects.filter(pk__in=ids).update(**self.sets)
        return ids


def again(finished: bool) -> Change:
    """Due now, as if it had never been tried."""
    states = UNFINISHED_STATES + (FINISHED_STATES if finished else ())
    sets = {
        "state": State.WAITING,
        "due_at": Now(),
        "due_since": Now(),
        "retry_at": None,
        "token": F("token") + 1,
        "attempts": 0,
        "uncounted": 0,
        "crashes": 0,
        "ambiguous": 0,
        "closed_at": None,
    }
    may_be = {"state__in": states, "subscription__retired_at__isnull": True}
    return Change("deliver again", may_be, sets)


def never(why: str) -> Change:
    """Ended without its effect.

    Raises:
        Refused: without a reason.
    """
    if not why.strip():
        raise Refused("Discarding needs a reason: it is the only trace of what did not happen.")
    return Change("discard", {"state__in": UNFINISHED_STATES}, discarded(why))


def discarded(why: str) -> dict[str, Any]:
    """What changes in a delivery that is discarded. The reason is the last line of its error,
    which is the one that lists show."""
    reason = f"Discarded: {' '.join(why.split())}"
    return {
        "state": State.DISCARDED,
        "closed_at": Now(),
        "token": F("token") + 1,
        "error": Case(
            When(error="", then=Value(reason, output_field=TextField())),
            default=Concat("error", Value(f"\n{reason}"), output_field=TextField()),
        ),
    }


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
