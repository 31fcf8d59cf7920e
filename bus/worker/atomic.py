"""Atomic handlers: their effect is in this database and is committed together with *done*."""

import logging

from django.db import close_old_connections, transaction

from bus.context import handling, note_begun
from bus.events import DomainEvent, UnreadableEvent
from bus.failpoints import Point, reach
from bus.handlers import Handler
from bus.models import State
from bus.store.attempts import (
    Attempt,
    finish,
    finish_owned,
    isolate,
    lock_owned,
    raise_if_aborted,
)
from bus.store.planner import plan_by_index, planned_by_index
from bus.store.starts import Ticket, start
from bus.worker.errors import ALWAYS_TRANSIENT, fail, is_trouble_of_database, retry_on_trouble
from bus.worker.failures import failures_of_batch

log = logging.getLogger(__name__)

Read = list[tuple[Attempt, DomainEvent]]
Failed = list[tuple[Attempt, Exception]]


def run_atomic(handler: Handler, tickets: list[Ticket]) -> list[State]:
    """Run the handler and mark the deliveries as done; one commit for effects and ledger.

    Of a batch each delivery runs in a savepoint, or all of them in one if the handler takes a list.
    If the batch fails as a whole (a deadlock, a lost connection, the soft time limit, `lock`), it
    is rolled back and isolated. A lone delivery is marked first and runs without a savepoint; any
    error rolls back both, and it fails. Returns the new states of the deliveries that this worker
    owned until the end.
    """
    tries: list[int] = []
    started = retry_on_trouble(lambda: start(handler, tickets, tries))
    if not started:
        return []
    note_begun([one.origin for one in started])
    reach(Point.BEFORE_EFFECT, handler.name)
    try:
        states = _run_batch(handler, started)
    except Exception as error:
        trouble = error
        if len(started) > 1:
            log.warning("%s: batch rolled back: %s", handler.name, type(error).__name__)
        # A connection that broke cannot write the ledger; the next query opens another one.
        close_old_connections()
        states = retry_on_trouble(lambda: _fail_or_isolate(handler, started, trouble))
    reach(Point.AFTER_COMMIT, handler.name)
    return states


def _run_batch(handler: Handler, started: list[Attempt]) -> list[State]:
    with transaction.atomic():
        if len(started) == 1:
            return _run_lone(handler, started[0])
        with planned_by_index():
            owned = lock_owned(started, State.RUNNING)
        events, failed = _read_all(handler, [one for one in started if one.id in owned])
        if handler.lock and events:
            handler.lock([event for _one, event in events])
        done, failures = _handle(handler, events)
        reach(Point.AFTER_EFFECT, handler.name)
        with planned_by_index():
            finish_owned(one.id for one in done)
            states = fail(handler, failed + failures)
        reach(Point.BEFORE_COMMIT, handler.name)
        return [State.DONE] * len(done) + states


def _run_lone(handler: Handler, one: Attempt) -> list[State]:
    """Mark it done, then handle it; any failure rolls back both."""
    with planned_by_index():
        if not finish(one, State.RUNNING):
            return []
    event = handler.read(one.event_type, one.event_version, one.data, one.personal)
    if handler.lock:
        handler.lock([event])
    with handling([(event, one.origin)]):
        handler.function([event] if handler.whole_batch else event)
    raise_if_aborted()
    reach(Point.AFTER_EFFECT, handler.name)
    reach(Point.BEFORE_COMMIT, handler.name)
    return [State.DONE]


def _fail_or_isolate(handler: Handler, started: list[Attempt], error: Exception) -> list[State]:
    with transaction.atomic():
        plan_by_index()
        owned = lock_owned(started, State.RUNNING)
        if len(started) == 1:
            return fail(handler, [(one, error) for one in started if one.id in owned])
        failures = failures_of_batch(handler, [one for one in started if one.id in owned], error)
        isolate(failures, uncounted=is_trouble_of_database(error))
        return [State.WAITING] * len(owned)


def _read_all(handler: Handler, started: list[Attempt]) -> tuple[Read, Failed]:
    events: Read = []
    failed: Failed = []
    for one in started:
        try:
            events.append(
                (one, handler.read(one.event_type, one.event_version, one.data, one.personal))
            )
        except UnreadableEvent as error:
            failed.append((one, error))
    return events, failed


def _handle(handler: Handler, events: Read) -> tuple[list[Attempt], Failed]:
    if handler.whole_batch and len(events) > 1 and _handle_whole(handler, events):
        return [one for one, _event in events], []
    done: list[Attempt] = []
    failed: Failed = []
    for one, event in events:
        try:
            with transaction.atomic(), handling([(event, one.origin)]):
                handler.function([event] if handler.whole_batch else event)
                raise_if_aborted()
        except ALWAYS_TRANSIENT:
            raise
        except Exception as error:
            failed.append((one, error))
        else:
            done.append(one)
    return done, failed


def _handle_whole(handler: Handler, events: Read) -> bool:
    try:
        with transaction.atomic(), handling([(event, one.origin) for one, event in events]):
            handler.function([event for _one, event in events])
            raise_if_aborted()
    except ALWAYS_TRANSIENT:
        raise
    except Exception as error:
        log.warning("%s: batch failed with %s, now one by one", handler.name, type(error).__name__)
        return False
    return True
