"""What an error means: the transaction is tried again, the delivery is tried again, or is dead."""

import errno
import logging
import time
import traceback
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from typing import TypeVar

from celery.exceptions import SoftTimeLimitExceeded
from django.db import (
    Error,
    InterfaceError,
    InternalError,
    OperationalError,
    close_old_connections,
)
from django.db.models.functions import Now

from bus.handlers import Handler
from bus.models import Delivery, PersonalData, State
from bus.redaction import texts
from bus.retry import (
    LONGEST_WAIT,
    MOST_AMBIGUOUS,
    MOST_UNCOUNTED,
    UNCOUNTED_FOR,
    Ambiguous,
    TryLater,
)
from bus.store import attempts
from bus.store.attempts import Attempt

log = logging.getLogger(__name__)

T = TypeVar("T")

DATABASE_TROUBLE = (OperationalError, InterfaceError, InternalError)
"""Lost connection, deadlock, lock time-out: transient for every subscription. As an *internal*
error comes what PostgreSQL says to somebody who was idle in a transaction for too long."""

INTERRUPTIONS = (SoftTimeLimitExceeded, MemoryError)
"""They come from outside, at any line of a handler: time is up, or memory is short."""

SHORTAGES = (errno.ENOMEM, errno.ENOBUFS, errno.EMFILE, errno.ENFILE)
"""What an operating system says instead, when memory or files are short."""

ALWAYS_TRANSIENT = (*DATABASE_TROUBLE, *INTERRUPTIONS)
"""Whatever a subscription has declared."""

POSTGRESQL = ("08", "40", "53", "55", "57", "58")
"""Classes of SQLSTATE (PostgreSQL, appendix A): connection lost, transaction rolled back (deadlock,
serialization), resources used up, lock not available, an operator's or a time limit's
intervention, the system. All others are about the statement."""

SQLITE = (5, 6, 7, 8, 9, 10, 13, 14, 15)
"""Primary result codes: busy, locked, no memory, read-only, interrupted, I/O error, full, cannot
open, protocol. *Error* (1) is about the statement: SQLite calls it operational, too."""

PAUSES = (0.2, 1.0, *[2.0] * 8)
"""Seconds: a database is started again in less. What is not written down then waits for its lease,
and a message that is given up for want of a database would leave its place to the next one."""

LONGEST_ERROR = 20_000


def retry_on_trouble(
    write: Callable[[], T], on: tuple[type[Exception], ...] = DATABASE_TROUBLE
) -> T:
    """Do one transaction, and again on a new connection after trouble with the database.

    `write` must find out by itself what is still to do: a commit that failed may have happened.

    Raises:
        the last trouble, when all pauses are over.
    """
    for pause in (*PAUSES, None):
        try:
            return write()
        except on as error:
            if pause is None:
                raise
            log.warning("the ledger is written again after %s", type(error).__name__)
            # The soft time limit may strike here as well as in what is waited for.
            with suppress(*on):
                time.sleep(pause)
            close_old_connections()
    raise AssertionError("the last try returns or raises")


def is_trouble_of_database(error: BaseException) -> bool:
    """Whether the database is in trouble, and not the statement that it was given.

    An operational error without a code comes from the driver: there is no connection.
    """
    if not isinstance(error, DATABASE_TROUBLE):
        return False
    cause = _driver_error(error)
    sqlstate: str | None = getattr(cause, "sqlstate", None)
    if sqlstate:
        return sqlstate.startswith(POSTGRESQL)
    code: int | None = getattr(cause, "sqlite_errorcode", None)
    if code is not None:
        return code & 0xFF in SQLITE
    return not isinstance(error, InternalError)


def _driver_error(error: Error) -> BaseException:
    """What the driver has raised, of which Django's error is the wrapper."""
    return error.__cause__ or error


def interrupts(error: BaseException) -> bool:
    """Whether it says nothing about the delivery: see `INTERRUPTIONS` and `SHORTAGES`."""
    short = isinstance(error, OSError) and error.errno in SHORTAGES
    return short or isinstance(error, INTERRUPTIONS)


def fail(handler: Handler, one: Attempt, error: BaseException) -> State:
    """Write a failed attempt down by the handler's policy; returns what the delivery is now."""
    # What the handler held is let go first: memory may be what is short.
    traceback.clear_frames(error.__traceback__)
    uncounted = _costs_no_try(one, error)
    spent = one.attempts - one.uncounted - uncounted
    state = attempts.fail(
        one,
        _explained(error, one),
        None if is_final(handler, one, error, spent) else wait_after(handler, one, error),
        ambiguous=isinstance(error, Ambiguous),
        uncounted=uncounted,
    )
    # The kind of error alone: its text may name somebody. The ledger has the traceback.
    kind = type(error).__name__
    log.warning("%s: delivery %s is %s after %s", handler.name, one.id, state.value, kind)
    return state


def _costs_no_try(one: Attempt, error: BaseException) -> bool:
    """Whether every delivery of the subscription would have met it, and may go on meeting it."""
    if not (isinstance(error, TryLater) or is_trouble_of_database(error)):
        return False
    young = Delivery.objects.filter(id=one.id, due_since__gt=Now() - UNCOUNTED_FOR)
    return one.uncounted < MOST_UNCOUNTED and young.exists()


def is_final(handler: Handler, one: Attempt, error: BaseException, spent: int) -> bool:
    """Whether the delivery is dead: by its policy, or by the kind of the error."""
    if isinstance(error, Ambiguous):
        return one.ambiguous + 1 >= MOST_AMBIGUOUS
    transient = isinstance(error, (TryLater, *ALWAYS_TRANSIENT, *handler.retry.on))
    if not (transient or interrupts(error)):
        return True
    return spent >= handler.retry.times


def wait_after(handler: Handler, one: Attempt, error: BaseException) -> timedelta:
    """The policy's wait, or the one that the other side asked for, if that is longer."""
    wait = handler.retry.wait(one.attempts)
    return max(wait, min(error.wait, LONGEST_WAIT)) if isinstance(error, TryLater) else wait


def _explained(error: BaseException, one: Attempt) -> str:
    """The traceback, without what is personal in any event of the stream.

    A handler to an event that names nobody may have read the person from another one.
    """
    stream = Delivery.objects.filter(id=one.id).values("stream")
    personal = PersonalData.objects.filter(event__stream__in=stream).values_list("data", flat=True)
    return _storable(texts(error, list(personal))[-LONGEST_ERROR:])


def _storable(text: str) -> str:
    """What a database refuses in a text: PostgreSQL knows no NUL, UTF-8 no lone surrogates."""
    return text.replace("\0", "\\0").encode(errors="backslashreplace").decode()
