"""What a failure means for a delivery: tried again, or dead."""

import errno
import logging
import traceback
from datetime import timedelta
from typing import Any

from celery.exceptions import SoftTimeLimitExceeded
from django.db.models import F
from django.db.models.functions import Now

from bus.handlers import Handler
from bus.models import Delivery, PersonalData, State
from bus.redaction import texts
from bus.retry import LONGEST_WAIT, MOST_UNCOUNTED, UNCOUNTED_FOR, Ambiguous, TryLater
from bus.store.attempts import Taken
from bus.worker.patience import DATABASE_TROUBLE
from bus.worker.trouble import is_trouble_of_database

log = logging.getLogger(__name__)

INTERRUPTIONS = (SoftTimeLimitExceeded, MemoryError)
"""They come from outside, at any line of a handler: time is up, or memory is short."""

SHORTAGES = (errno.ENOMEM, errno.ENOBUFS, errno.EMFILE, errno.ENFILE)
"""What an operating system says instead, when memory or files are short."""

ALWAYS_TRANSIENT = (*DATABASE_TROUBLE, *INTERRUPTIONS)
"""Whatever a subscription has declared."""

MOST_AMBIGUOUS = 2
"""An ambiguous send is repeated once; the second one needs a person."""

LONGEST_ERROR = 20_000


def fail(handler: Handler, one: Taken, error: BaseException) -> State:
    """Write a failed try down by the handler's policy; says what the delivery is now."""
    # What the handler held is let go first: memory may be what is short.
    traceback.clear_frames(error.__traceback__)
    changes: dict[str, Any] = {"lease_until": None, "error": _explained(error, one)}
    if isinstance(error, Ambiguous):
        changes["ambiguous"] = F("ambiguous") + 1
    spent = one.attempts - one.uncounted
    if _costs_no_try(one, error):
        changes["uncounted"] = F("uncounted") + 1
        spent -= 1
    if _is_final(handler, one, error, spent):
        changes |= {"state": State.DEAD, "closed_at": Now()}
    else:
        again = Now() + wait_after(handler, one, error)
        changes |= {"state": State.WAITING, "due_at": again, "retry_at": again}
    Delivery.objects.filter(id=one.id).update(**changes)
    # The kind of error alone: its text may name somebody. The ledger has the traceback.
    state, kind = changes["state"].value, type(error).__name__
    log.warning("%s: delivery %s is %s after %s", handler.name, one.id, state, kind)
    return State(changes["state"])


def _costs_no_try(one: Taken, error: BaseException) -> bool:
    """Whether every delivery of the subscription would have met it, and may go on meeting it."""
    if not (isinstance(error, TryLater) or is_trouble_of_database(error)):
        return False
    young = Delivery.objects.filter(id=one.id, due_since__gt=Now() - UNCOUNTED_FOR)
    return one.uncounted < MOST_UNCOUNTED and young.exists()


def _is_final(handler: Handler, one: Taken, error: BaseException, spent: int) -> bool:
    if isinstance(error, Ambiguous):
        return one.ambiguous + 1 >= MOST_AMBIGUOUS
    transient = isinstance(error, (TryLater, *ALWAYS_TRANSIENT, *handler.retry.on))
    if not (transient or interrupts(error)):
        return True
    return spent >= handler.retry.times


def interrupts(error: BaseException) -> bool:
    """Whether it says nothing about the delivery: see `INTERRUPTIONS` and `SHORTAGES`."""
    short = isinstance(error, OSError) and error.errno in SHORTAGES
    return short or isinstance(error, INTERRUPTIONS)


def wait_after(handler: Handler, one: Taken, error: BaseException) -> timedelta:
    """The policy's wait, or the one that was asked for, where that is longer."""
    wait = handler.retry.wait(one.attempts)
    return max(wait, min(error.wait, LONGEST_WAIT)) if isinstance(error, TryLater) else wait


def _explained(error: BaseException, one: Taken) -> str:
    """The traceback, without what is personal in any event of the stream.

    A handler to an event that names nobody may have read the person from another one.
    """
    stream = Delivery.objects.filter(id=one.id).values("stream")
    personal = PersonalData.objects.filter(event__stream__in=stream).values_list("data", flat=True)
    return _storable(texts(error, list(personal))[-LONGEST_ERROR:])


def _storable(text: str) -> str:
    """What a database refuses in a text: PostgreSQL knows no NUL, UTF-8 no lone surrogates."""
    return text.replace("\0", "\\0").encode(errors="backslashreplace").decode()
