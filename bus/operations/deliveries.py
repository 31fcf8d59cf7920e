"""Deliveries: again, or never."""

from collections.abc import Iterable
from typing import Any

from django.db import transaction
from django.db.models import Case, F, TextField, Value, When
from django.db.models.functions import Concat, Now

from bus.models import Delivery, State
from bus.operations.records import Refused, count_on, record
from bus.operations.selection import Selection
from bus.relay.routing import lock_routing

REPEATABLE_STATES = (State.DEAD, State.WAITING, State.DONE, State.DISCARDED)
ENDABLE_STATES = (State.DEAD, State.WAITING)


def deliver_again(which: Selection | Iterable[int], *, by: str, why: str = "") -> int:
    """Make deliveries due now, with a fresh count of attempts; returns how many.

    A delivery that is done is delivered again too: an atomic reaction's own keys keep its effect
    from happening twice, an outside one repeats it under the same key. What is in flight is
    left, and so is what belongs to a retired subscription: nobody would claim it.

    In an ordered queue each takes its place in its lane again: it begins when nothing earlier of
    its stream is open and nothing is in flight, and what is later and not begun waits for it.
    What later events have done stays done: an older one then takes effect after them.
    """
    changes = {
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
    may_be = {"state__in": REPEATABLE_STATES, "subscription__retired_at__isnull": True}
    return _change(which, may_be, changes, "deliver again", by, why)


def discard(which: Selection | Iterable[int], *, by: str, why: str) -> int:
    """End waiting or dead deliveries without their effect, with the reason in their error;
    returns how many.

    Raises:
        Refused: without a reason.
    """
    if not why.strip():
        raise Refused("Discarding needs a reason: it is the only trace of what did not happen.")
    may_be = {"state__in": ENDABLE_STATES}
    return _change(which, may_be, discarded(why), "discard", by, why)


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


def _change(
    which: Selection | Iterable[int],
    may_be: dict[str, Any],
    changes: dict[str, Any],
    what: str,
    by: str,
    why: str,
) -> int:
    """Change them in steps, each a commit: as many as there are hold no lock for long."""
    selection = which if isinstance(which, Selection) else Selection.of(which)
    action = record(by, what, selection.words, count=0, why=why)
    total = 0
    for some in selection.steps():
        with transaction.atomic():
            # A subscription that is retired meanwhile would be owed what nobody claims any more.
            lock_routing()
            # Asked again under lock, in one order: they are no longer what they were when chosen
            # if somebody was quicker.
            locked = some.filter(**may_be).select_for_update(of=("self",)).order_by("pk")
            ids = list(locked.values_list("pk", flat=True))
            count = Delivery.objects.filter(pk__in=ids).update(**changes)
            count_on(action, count)
        total += count
    return total
