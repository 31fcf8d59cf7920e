"""External handlers: one delivery at a time, under a lease, with an idempotency key."""

import logging
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

from django.db import close_old_connections, transaction

from bus.context import about, handling, note_begun
from bus.events import DomainEvent
from bus.failpoints import Point, reach
from bus.handlers import AfterDone, Handler
from bus.models import State
from bus.retry import Ambiguous
from bus.store.attempts import Attempt, finish, lock_owned, raise_if_aborted, release
from bus.store.planner import plan_by_index, planned_by_index
from bus.store.starts import Ticket, start, start_next
from bus.worker.errors import ALWAYS_TRANSIENT, fail, interrupts, retry_on_trouble, wait_after

log = logging.getLogger(__name__)

Result = AfterDone | None | Exception
Written = tuple[list[State], list[Attempt]]


class NotRecorded(Exception):
    """The effect has happened, and the function that records it failed."""


def run_external(handler: Handler, tickets: list[Ticket]) -> tuple[list[State], int]:
    """Call the handler for each delivery and finish it; after half the soft limit no other is
    started. Returns the new states of the deliveries that this worker owned until the end, and how
    many others were released."""
    time_is_up = time.monotonic() + handler.queue.soft_limit.total_seconds() / 2
    tries: list[int] = []
    rest = retry_on_trouble(lambda: start(handler, tickets, tries))
    if not rest:
        return [], 0
    note_begun([one.origin for one in rest])
    became: list[State] = []
    released = 0
    with ExitStack() as stack:
        try:
            resource = stack.enter_context(_quiet_exit(handler)) if handler.using else ()
        except Exception as error:
            return _cannot_open(handler, rest, error)
        while rest:
            one, following = rest[0], rest[1:]
            result = _call(handler, one, resource)
            late = time.monotonic() > time_is_up
            states, rest = _finish_and_start_next(handler, one, result, [] if late else following)
            reach(Point.AFTER_COMMIT, handler.name)
            became += states
            released += release(following) if late else len(following) - len(rest)
    return became, released


@contextmanager
def _quiet_exit(handler: Handler) -> Iterator[tuple[Any]]:
    """Open what `using` names; a failure to close it comes after all is done: only logged."""
    assert handler.using is not None
    manager = handler.using()
    yielded = manager.__enter__()
    try:
        yield (yielded,)
    finally:
        try:
            manager.__exit__(None, None, None)
        except Exception as error:
            log.warning("%s: closing failed with %s", handler.name, type(error).__name__)


def _cannot_open(
    handler: Handler, started: list[Attempt], error: Exception
) -> tuple[list[State], int]:
    """`using` failed: the first delivery fails, and the others wait about as long as it does."""
    first, rest = started[0], started[1:]

    def write() -> tuple[list[State], int]:
        plan_by_index()
        owned = lock_owned([first], State.SENDING)
        states = fail(handler, [(first, error)] if owned else [])
        return states, release(rest, wait_after(handler, first, error))

    close_old_connections()
    return retry_on_trouble(transaction.atomic(write))


def _call(
    handler: Handler, one: Attempt, resource: tuple[Any, ...]
) -> tuple[DomainEvent | None, Result]:
    event: DomainEvent | None = None
    try:
        event = handler.read(one.event_type, one.event_version, one.data, one.personal)
        reach(Point.BEFORE_EFFECT, handler.name)
        with handling([(event, one.origin)]):
            after = handler.function(event, one.key, *resource)
        reach(Point.AFTER_EFFECT, handler.name)
        return event, after
    except Exception as error:
        if handler.repeatable or not interrupts(error):
            return event, error
        return event, Ambiguous(f"{handler.name} was interrupted: {type(error).__name__}.")


def _finish_and_start_next(
    handler: Handler, one: Attempt, result: tuple[DomainEvent | None, Result], rest: list[Attempt]
) -> Written:
    """Record the result and start the next delivery, in one commit."""
    event, after = result

    def write() -> Written:
        state = _write_result(handler, one, event, after)
        if state is None:
            with about(one.origin):
                log.warning("%s: delivery %s was fenced off", handler.name, one.id)
        following = start_next(rest, handler) if rest else []
        reach(Point.BEFORE_COMMIT, handler.name)
        return [state] if state else [], following

    # The effect has happened: if its result were lost, it would be ambiguous.
    commit = transaction.atomic(write)
    try:
        return retry_on_trouble(commit, on=ALWAYS_TRANSIENT)
    except NotRecorded as error:
        after = error
        return retry_on_trouble(commit, on=ALWAYS_TRANSIENT)


def _write_result(
    handler: Handler, one: Attempt, event: DomainEvent | None, after: Result
) -> State | None:
    """Finish it or record its failure; None if this worker does not own it any more."""
    if isinstance(after, Exception):
        plan_by_index()
        owned = lock_owned([one], State.SENDING)
        return fail(handler, [(one, after)])[0] if owned else None
    with planned_by_index():
        if not finish(one, State.SENDING):
            return None
    if after is not None and event is not None:
        try:
            with handling([(event, one.origin)], "record"):
                after()
            raise_if_aborted()
        except ALWAYS_TRANSIENT:
            raise
        except Exception as error:
            raise NotRecorded(f"{handler.name} took effect; recording it failed.") from error
    return State.DONE
