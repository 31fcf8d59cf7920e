"""What follows from an error: the transaction is repeated, the delivery is retried, or is dead."""

import errno
import logging
import time
import traceback
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import timedelta
from typing import Any, TypeVar

from celery.exceptions import SoftTimeLimitExceeded
from django.db import (
    Error,
    InterfaceError,
    InternalError,
    OperationalError,
    close_old_connections,
)
from django.db.models.functions import Now

from bus.context import about
from bus.events import PersonalDataErased
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
from bus.sealing import CannotDecrypt
from bus.store import alerts, attempts, redelivery
from bus.store.attempts import Attempt
from bus.store.failures import Failure, record
from bus.worker.failures import failure_of

log = logging.getLogger(__name__)

T = TypeVar("T")

DATABASE_TROUBLE = (OperationalError, InterfaceError, InternalError)
"""Lost connection, deadlock, lock time-out: transient for every subscription. Django raises
PostgreSQL's time-out of an idle transaction as an *internal* error."""

INTERRUPTIONS = (SoftTimeLimitExceeded, MemoryError)
"""Raised at any line of a handler: the soft time limit, or memory is short."""

SHORTAGES = (errno.ENOMEM, errno.ENOBUFS, errno.EMFILE, errno.ENFILE)
"""Errors of the operating system if memory or files are short."""

ALWAYS_TRANSIENT = (*DATABASE_TROUBLE, *INTERRUPTIONS)
"""Transient for every subscription, whatever its policy."""

POSTGRESQL = ("08", "40", "53", "55", "57", "58")
"""Classes of SQLSTATE (PostgreSQL, appendix A): connection lost, transaction rolled back (deadlock,
serialization), resources used up, lock not available, intervention of an operator or a time limit,
system error. All others are about the statement."""

SQLITE = (5, 6, 7, 8, 9, 10, 13, 14, 15)
"""Primary result codes: busy, locked, no memory, read-only, interrupted, I/O error, full, cannot
open, protocol. *Error* (1) is about the statement, though it is an operational error, too."""

PAUSES = (0.2, 1.0, *[2.0] * 8)
"""Seconds, 17 in all beside the attempts to connect: a database restarts in less. After them the
deliveries wait for their lease; giving up earlier would only let the worker pop the next message,
which would fail, too."""

LONGEST_ERROR = 20_000

ERASED = "personal data erased"
"""Why a delivery is discarded whose handler cannot do without."""


def retry_on_trouble(
    write: Callable[[], T], on: tuple[type[Exception], ...] = DATABASE_TROUBLE
) -> T:
    """Run one transaction; repeat it on a new connection after trouble of the database.

    `write` must check what is still to do: a commit whose answer was lost may have happened.

    Raises:
        the last error, after all pauses.
    """
    for pause in (*PAUSES, None):
        try:
            return write()
        except on as error:
            if pause is None:
                raise
            log.warning("writing the ledger is repeated after %s", type(error).__name__)
            # The soft time limit may be raised here, too.
            with suppress(*on):
                time.sleep(pause)
            close_old_connections()
    raise AssertionError("the last try returns or raises")


def is_trouble_of_database(error: BaseException) -> bool:
    """Whether the error is about the database and not about the statement.

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
    """The driver's error, which Django's error wraps."""
    return error.__cause__ or error


def interrupts(error: BaseException) -> bool:
    """Whether the error is not caused by the delivery: `INTERRUPTIONS` and `SHORTAGES`."""
    short = isinstance(error, OSError) and error.errno in SHORTAGES
    return short or isinstance(error, INTERRUPTIONS)


def fail(handler: Handler, failed: Sequence[tuple[Attempt, BaseException]]) -> list[State]:
    """Record failed attempts by the handler's policy; returns the deliveries' new states.

    In the caller's transaction, under the deliveries' locks. Publishes `DeliveryDied` if one is
    due. What has failed because personal data was erased is discarded, and no failure.
    """
    erased = [one for one, error in failed if isinstance(error, PersonalDataErased)]
    if erased:
        _discard(handler, erased)
        rest = [(one, error) for one, error in failed if not isinstance(error, PersonalDataErased)]
        return [State.DISCARDED] * len(erased) + fail(handler, rest)
    failures: list[Failure] = []
    states: list[State] = []
    for one, error in failed:
        # Free the handler's objects first: memory may be short.
        traceback.clear_frames(error.__traceback__)
        text = _explained(error, one)
        failure = failure_of(handler, one, error, text)
        uncounted = _costs_no_try(one, error)
        spent = one.attempts - one.uncounted - uncounted
        state = attempts.fail(
            failure,
            text,
            None if is_final(handler, one, error, spent) else wait_after(handler, one, error),
            ambiguous=isinstance(error, Ambiguous),
            uncounted=uncounted,
        )
        # The kind only: its text may contain personal data. The ledger has the traceback.
        kind = type(error).__name__
        with about(one.origin):
            log.warning("%s: delivery %s is %s after %s", handler.name, one.id, state.value, kind)
        failures.append(failure)
        states.append(state)
    record(failures)
    pairs = zip(failures, states, strict=True)
    alerts.deliveries_died(one for one, state in pairs if state == State.DEAD)
    return states


def _discard(handler: Handler, erased: Sequence[Attempt]) -> None:
    redelivery.discard(Delivery.objects.filter(id__in=[one.id for one in erased]), ERASED)
    for one in erased:
        with about(one.origin):
            log.info("%s: delivery %s is discarded: %s", handler.name, one.id, ERASED)


def _costs_no_try(one: Attempt, error: BaseException) -> bool:
    """Whether it uses up no try: a requested pause, or trouble of the database, for a day."""
    if not (isinstance(error, TryLater) or is_trouble_of_database(error)):
        return False
    young = Delivery.objects.filter(id=one.id, due_since__gt=Now() - UNCOUNTED_FOR)
    return one.uncounted < MOST_UNCOUNTED and young.exists()


def is_final(handler: Handler, one: Attempt, error: BaseException, spent: int) -> bool:
    """Whether the delivery is dead: by its policy, or by the kind of the error."""
    if isinstance(error, Ambiguous):
        return one.ambiguous + 1 >= MOST_AMBIGUOUS
    transient = isinstance(error, (TryLater, CannotDecrypt, *ALWAYS_TRANSIENT, *handler.retry.on))
    if not (transient or interrupts(error)):
        return True
    return spent >= handler.retry.times


def wait_after(handler: Handler, one: Attempt, error: BaseException) -> timedelta:
    """The policy's wait, or the one that the other side requested, if that is longer."""
    wait = handler.retry.wait(one.attempts)
    return max(wait, min(error.wait, LONGEST_WAIT)) if isinstance(error, TryLater) else wait


def _explained(error: BaseException, one: Attempt) -> str:
    """The traceback, without the personal data of any event of the stream.

    A handler of an event without personal data may have read that of another event.
    """
    stream = Delivery.objects.filter(id=one.id).values("stream")
    rows = PersonalData.objects.filter(event__stream__in=stream)
    personal: list[Any] = []
    for row in rows.select_related("event", "person"):
        # What cannot be decrypted here, the handler has not read either.
        with suppress(CannotDecrypt):
            personal.append(row.content())
    return _storable(texts(error, personal)[-LONGEST_ERROR:])


def _storable(text: str) -> str:
    """Escape what a database refuses: PostgreSQL accepts no NUL, UTF-8 no lone surrogates."""
    return text.replace("\0", "\\0").encode(errors="backslashreplace").decode()
