"""Rescue: deliveries that were lost with Redis, or with a worker, become due again."""

import logging
from collections import Counter, defaultdict
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.db.models import F
from django.db.models.functions import Now

from bus.context import message_of
from bus.models import IN_FLIGHT, Delivery, State
from bus.retry import MOST_AMBIGUOUS
from bus.store.alerts import deliveries_died
from bus.store.allowance import give_back, lock_buckets
from bus.store.failures import WORKER_LOST, WORKER_LOST_WHILE_SENDING, Failure, record
from bus.store.planner import plan_by_index
from bus.store.poll import Work

log = logging.getLogger(__name__)

SENT_LEASE = timedelta(seconds=120)
"""The lease of a sent delivery: the time for a worker to start it."""

MOST_CRASHES = 3
"""With so many crashes that count, a delivery is dead; see `rescue_late`."""

AT_ONCE = 1000

NAMED = 5
"""Ids in a line of the log; a worker that dies may lose hundreds of deliveries."""


def rescue_late(work: list[Work], queued: frozenset[tuple[int, int]] = frozenset()) -> None:
    """Rescue the late deliveries of these subscriptions, in the transaction of the claim.

    A lost message uses up no try. The first crash of an atomic handler's worker does not count:
    it only isolates the deliveries, since another one of the message may be the cause. A delivery
    whose message is still `queued` gets another lease: otherwise one more message would be sent
    after each lease while no worker runs.
    """
    for one in work:
        rows = (
            Delivery.objects.select_for_update(skip_locked=True)
            .filter(subscription_id=one.subscription_id)
            .filter(state__in=IN_FLIGHT, lease_until__lt=Now())
            .order_by("id")[:AT_ONCE]
        )
        # One statement for all rows with the same verdict.
        by_verdict: dict[Any, list[int]] = defaultdict(list)
        by_state: dict[str, list[int]] = defaultdict(list)
        failures: list[Failure] = []
        deaths: list[Failure] = []
        here = {row.pk for row in rows if one.due and _is_queued(row, queued)}
        for row in rows:
            if row.pk in here:
                continue
            verdict = verdict_on(one, row)
            if _was_begun(one, row):
                lost = _lost_attempt(one, row, verdict)
                verdict["failure_key"] = lost.key
                failures.append(lost)
                if verdict["state"] == State.DEAD:
                    deaths.append(lost)
            by_verdict[tuple(verdict.items())].append(row.pk)
            by_state[row.state].append(row.pk)
        for changes, ids in by_verdict.items():
            Delivery.objects.filter(pk__in=ids).update(lease_until=None, **dict(changes))
        record(failures)
        deliveries_died(deaths)
        for state, ids in by_state.items():
            _log(one.task, state, ids)
        if here:
            Delivery.objects.filter(pk__in=here).update(lease_until=Now() + SENT_LEASE)
            log.warning(
                "%s: %d sent and not started: does a worker of its queue run?", one.task, len(here)
            )


def _is_queued(row: Delivery, queued: frozenset[tuple[int, int]]) -> bool:
    return row.state == State.SENT and (row.pk, row.token) in queued


def _log(task: str, state: str, ids: list[int]) -> None:
    some = ", ".join(map(str, ids[:NAMED])) + (", ..." if ids[NAMED:] else "")
    with message_of(task, ids):
        log.warning("%s: %d lost while %s: deliveries %s", task, len(ids), state, some)


def verdict_on(work: Work, row: Delivery) -> dict[str, Any]:
    """The columns to set in a late delivery."""
    again = {"state": State.WAITING, "due_at": Now()}
    if not _was_begun(work, row):
        return again
    again["retry_at"] = Now()  # it was started, and is due for another try
    if row.state == State.SENDING and not work.repeatable:
        counted = {"ambiguous": F("ambiguous") + 1}
        if row.ambiguous + 1 < MOST_AMBIGUOUS:
            return again | counted
        return counted | _dead("It may have been sent twice: its worker was lost while sending.")
    if row.state == State.RUNNING and not row.alone:
        return again | {"alone": True}
    counted = {"crashes": F("crashes") + 1}
    if row.crashes + 1 < MOST_CRASHES:
        return again | counted
    return counted | _dead(f"{MOST_CRASHES} workers died while it ran alone.")


def _was_begun(work: Work, row: Delivery) -> bool:
    """Whether its attempt was begun: a lost message is none, nor is what an external handler's
    worker had not come to."""
    return row.state == State.SENDING or (row.state == State.RUNNING and not work.external)


def _lost_attempt(work: Work, row: Delivery, verdict: dict[str, Any]) -> Failure:
    """The failed attempt of a lost worker, which is not known by name."""
    if row.state == State.SENDING and not work.repeatable:
        kind, text = WORKER_LOST_WHILE_SENDING, "The effect may have happened."
    else:
        kind, text = WORKER_LOST, "It died, or froze past its lease."
    return Failure(row.pk, work.task, row.attempts, kind, verdict.get("error", text))


def _dead(error: str) -> dict[str, Any]:
    return {"state": State.DEAD, "closed_at": Now(), "error": error}


def rescue_sent() -> int:
    """Make all *sent* deliveries due, after the broker has lost data; returns how many."""
    sent = Delivery.objects.filter(state=State.SENT)
    with transaction.atomic():
        plan_by_index()
        # Locked in the order in which workers lock them, so that there is no deadlock.
        list(sent.select_for_update().order_by("event_id").values_list("pk"))
        return sent.update(state=State.WAITING, due_at=Now(), lease_until=None)


def rescue_not_sent(tickets: list[tuple[int, int]]) -> None:
    """Make deliveries due again whose message was not sent, or may not have been.

    If a message has arrived all the same, its token is stale. Queues with a rate get their permits
    back.
    """
    tokens = dict(tickets)
    with transaction.atomic():
        plan_by_index()
        rates = lock_buckets()
        sent = Delivery.objects.filter(id__in=tokens, state=State.SENT).order_by("event_id")
        locked = sent.select_for_update(of=("self",))
        rows = locked.values_list("id", "token", "subscription__queue_id")
        lost = {pk: queue for pk, token, queue in rows if token == tokens[pk]}
        Delivery.objects.filter(id__in=lost).update(
            state=State.WAITING, due_at=Now(), lease_until=None, token=F("token") + 1
        )
        give_back(rates, Counter(lost.values()))
