"""Handlers whose effect is in our database: it is committed together with *done*."""

import logging

from django.db import close_old_connections, transaction

from bus.context import handling
from bus.events import DomainEvent, UnreadableEvent
from bus.failpoints import Point, reach
from bus.handlers import Handler
from bus.models import State
from bus.store.attempts import (
    Taken,
    close,
    close_done,
    read,
    require_sound,
    send_alone,
    still_owned,
)
from bus.store.planner import plan_by_index, planned_by_index
from bus.store.starts import Ticket, take
from bus.worker.errors import ALWAYS_TRANSIENT, fail
from bus.worker.outcome import Outcome
from bus.worker.patience import patiently
from bus.worker.trouble import is_trouble_of_database

log = logging.getLogger(__name__)

Read = list[tuple[Taken, DomainEvent]]
Failed = list[tuple[Taken, Exception]]


def perform(handler: Handler, tickets: list[Ticket], outcome: Outcome) -> None:
    """Run the handler for each delivery in a savepoint; one commit for effects and ledger.

    What fails as a whole (a deadlock, a lost connection, the soft time limit, the common lock)
    is rolled back as a whole and tried again one by one. A delivery that is alone is the whole.
    """
    tries: list[int] = []
    taken = patiently(lambda: take(handler, tickets, tries))
    if not taken:
        return
    reach(Point.BEFORE_EFFECT, handler.name)
    try:
        states = _together(handler, taken)
    except Exception as error:
        trouble = error
        if len(taken) > 1:
            log.warning("%s: batch rolled back: %s", handler.name, type(error).__name__)
        # A connection that broke cannot write the ledger; the next query opens another one.
        close_old_connections()
        states = patiently(lambda: _apart(handler, taken, trouble))
    reach(Point.AFTER_COMMIT, handler.name)
    outcome.count(states)


def _together(handler: Handler, taken: list[Taken]) -> list[State]:
    with transaction.atomic():
        if len(taken) == 1:
            return _alone(handler, taken[0])
        with planned_by_index():
            owned = still_owned(taken, State.RUNNING)
        events, failed = _read_all(handler, [one for one in taken if one.id in owned])
        if handler.lock and events:
            handler.lock([event for _one, event in events])
        done, failures = _handle(handler, events)
        reach(Point.AFTER_EFFECT, handler.name)
        with planned_by_index():
            close_done(one.id for one in done)
            states = [fail(handler, one, error) for one, error in failed + failures]
        reach(Point.BEFORE_COMMIT, handler.name)
        return [State.DONE] * len(done) + states


def _alone(handler: Handler, one: Taken) -> list[State]:
    """Close it and do it: whatever fails takes both back."""
    with planned_by_index():
        if not close(one, State.RUNNING):
            return []
    event = read(handler, one)
    if handler.lock:
        handler.lock([event])
    with handling([(event, one.origin)]):
        handler.function([event] if handler.whole_batch else event)
    require_sound()
    reach(Point.AFTER_EFFECT, handler.name)
    reach(Point.BEFORE_COMMIT, handler.name)
    return [State.DONE]


def _apart(handler: Handler, taken: list[Taken], error: Exception) -> list[State]:
    with transaction.atomic():
        plan_by_index()
        owned = still_owned(taken, State.RUNNING)
        if len(taken) == 1:
            return [fail(handler, one, error) for one in taken if one.id in owned]
        send_alone(owned, uncounted=is_trouble_of_database(error))
        return [State.WAITING] * len(owned)


def _read_all(handler: Handler, taken: list[Taken]) -> tuple[Read, Failed]:
    events: Read = []
    failed: Failed = []
    for one in taken:
        try:
            events.append((one, read(handler, one)))
        except UnreadableEvent as error:
            failed.append((one, error))
    return events, failed


def _handle(handler: Handler, events: Read) -> tuple[list[Taken], Failed]:
    if handler.whole_batch and len(events) > 1 and _handle_whole(handler, events):
        return [one for one, _event in events], []
    done: list[Taken] = []
    failed: Failed = []
    for one, event in events:
        try:
            with transaction.atomic(), handling([(event, one.origin)]):
                handler.function([event] if handler.whole_batch else event)
                require_sound()
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
            require_sound()
    except ALWAYS_TRANSIENT:
        raise
    except Exception as error:
        log.warning("%s: batch failed with %s, now one by one", handler.name, type(error).__name__)
        return False
    return True
