"""Operations on all deliveries that match a filter: previewed, done in steps, stoppable."""

from dataclasses import dataclass
from typing import NamedTuple

import msgspec
from django.db import transaction
from django.db.models import Count, Max, Min, QuerySet
from django.db.models.functions import Now

from bus.models import BulkOperation, Delivery, OperatorAction
from bus.ops.deliveries import FINISHED_STATES, Change, again, never, why_left
from bus.ops.log import Refused, count_on, record
from bus.ops.selection import AT_ONCE, Filter

SPAN = 50_000
"""Ids read in one statement, so that it stays short when few of them match the filter."""

Operation = BulkOperation.Operation


@dataclass(frozen=True)
class Share:
    """What a bulk operation would do for one subscription: numbers of deliveries."""

    subscription: str
    external: bool
    """The effect is noticed outside the project."""
    unfinished: int
    finished: int
    left: int
    """In flight, retired, or, for a discard, finished."""


def preview(wanted: Filter, operation: str) -> list[Share]:
    """What matches now, by subscription.

    Raises:
        Refused: the filter is empty, or its subscription or queue does not exist.
    """
    by_name: dict[tuple[str, bool], list[int]] = {}
    rows = _rows(wanted).values_list(
        "subscription__name", "subscription__suppressible", "subscription__retired_at", "state"
    )
    for name, external, ended, state, count in rows.annotate(Count("pk")).order_by(
        "subscription__name"
    ):
        numbers = by_name.setdefault((name, external), [0, 0, 0])
        is_again = operation == Operation.DELIVER_AGAIN
        if why_left(is_again, True, state, ended is not None):
            numbers[2] += count
        else:
            numbers[1 if state in FINISHED_STATES else 0] += count
    return [Share(*key, *numbers) for key, numbers in by_name.items()]


def begin(
    wanted: Filter, operation: str, *, by: str, why: str, finished: bool = False
) -> OperatorAction:
    """Record the operation and do its first step; the relays do the rest.

    Raises:
        Refused: without a reason; the filter is empty, or its subscription or queue does not exist.
    """
    if not why.strip():
        raise Refused("The reason is empty; give one, for whoever reads the record later.")
    shares = preview(wanted, operation)
    ends = _rows(wanted).aggregate(first=Min("pk"), last=Max("pk"))
    with transaction.atomic():
        action = record(by, operation, str(wanted), count=0, why=why)
        BulkOperation.objects.create(
            action=action,
            operation=operation,
            filter=msgspec.to_builtins(wanted),
            finished=finished,
            expected=sum(one.unfinished + one.finished * finished for one in shares),
            after=(ends["first"] or 1) - 1,
            upto=ends["last"] or 0,
        )
    step(action.pk)
    return action


class Step(NamedTuple):
    """Whether there was a bulk operation to work on, and how many deliveries the step changed."""

    working: bool
    changed: int


def step(action_id: int | None = None) -> Step:
    """Do the next step of this bulk operation, or of the oldest that has not ended.

    One commit. An operation that another process works on is skipped.
    """
    unended = BulkOperation.objects.filter(ended_at=None).order_by("action")
    wanted = unended if action_id is None else unended.filter(pk=action_id)
    if not wanted.exists():
        return Step(False, 0)
    with transaction.atomic():
        bulk = wanted.select_for_update(skip_locked=True, of=("self",)).first()
        return Step(True, _do_some(bulk)) if bulk else Step(False, 0)


def stop(action_id: int, *, by: str) -> bool:
    """Stop a bulk operation after its running step; False if it had ended already."""
    with transaction.atomic():
        unended = BulkOperation.objects.filter(pk=action_id, ended_at=None)
        stopped = unended.update(ended_at=Now(), stopped_by=by)
        if stopped:
            record(by, "stop", f"operator action {action_id}")
    return bool(stopped)


def _do_some(bulk: BulkOperation) -> int:
    action = bulk.action
    end = min(bulk.upto, bulk.after + SPAN)
    try:
        rows = _rows(msgspec.convert(bulk.filter, Filter)).filter(pk__gt=bulk.after, pk__lte=end)
    except Refused:  # its subscription or queue was deleted: nothing matches
        rows = Delivery.objects.none()
    ids = _change(bulk, action.why).make(rows, AT_ONCE)
    count_on(action, len(ids))
    bulk.after = ids[-1] if len(ids) == AT_ONCE else end
    if bulk.after >= bulk.upto:
        bulk.ended_at = Now()
    bulk.save(update_fields=["after", "ended_at"])
    return len(ids)


def _change(bulk: BulkOperation, why: str) -> Change:
    return again(bulk.finished) if bulk.operation == Operation.DELIVER_AGAIN else never(why)


def _rows(wanted: Filter) -> QuerySet[Delivery]:
    if not wanted:
        raise Refused(
            "No filter is set, and all deliveries would change; filter by state, queue, "
            "subscription, time or stream first."
        )
    rows = wanted.rows()
    return rows.filter(pk__in=wanted.ids) if wanted.ids else rows
