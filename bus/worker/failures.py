"""What a failure means for a delivery: tried again, or dead."""

import logging
import traceback
from datetime import timedelta
from typing import Any

from celery.exceptions import SoftTimeLimitExceeded
from django.db.models import F
from django.db.models.functions import Now

from bus.models import Delivery, State
from bus.registry import Reaction
from bus.retry import LONGEST_WAIT, Ambiguous, TryLater
from bus.worker.ledger import Taken
from bus.worker.patience import DATABASE_TROUBLE

log = logging.getLogger(__name__)

ALWAYS_TRANSIENT = (*DATABASE_TROUBLE, SoftTimeLimitExceeded)
"""Whatever a subscription has declared."""

MOST_AMBIGUOUS = 2
"""An ambiguous send is repeated once; the second one needs a person."""

LONGEST_ERROR = 20_000

SHORTEST_WAIT = timedelta(seconds=1)
"""Even where no wait at all was asked for: all tries at once would be none."""


def fail(reaction: Reaction, one: Taken, error: BaseException) -> State:
    """Write a failed try down by the reaction's policy; says what the delivery is now."""
    changes: dict[str, Any] = {"lease_until": None, "error": explained(error, one.personal)}
    if isinstance(error, Ambiguous):
        changes["ambiguous"] = F("ambiguous") + 1
    if _is_final(reaction, one, error):
        changes |= {"state": State.DEAD, "closed_at": Now()}
    else:
        changes |= {"state": State.WAITING, "due_at": Now() + wait_after(reaction, one, error)}
    Delivery.objects.filter(id=one.id).update(**changes)
    # The kind of error alone: its text may name somebody. The ledger has the traceback.
    state, kind = changes["state"].value, type(error).__name__
    log.warning("%s: delivery %s is %s after %s", reaction.name, one.id, state, kind)
    return State(changes["state"])


def _is_final(reaction: Reaction, one: Taken, error: BaseException) -> bool:
    if isinstance(error, Ambiguous):
        return one.ambiguous + 1 >= MOST_AMBIGUOUS
    if not isinstance(error, (TryLater, *ALWAYS_TRANSIENT, *reaction.retry.on)):
        return True
    return one.attempts >= reaction.retry.times


def wait_after(reaction: Reaction, one: Taken, error: BaseException) -> timedelta:
    """The policy's wait, or the one that was asked for."""
    if isinstance(error, TryLater):
        return min(max(error.wait, SHORTEST_WAIT), LONGEST_WAIT)
    return reaction.retry.wait(one.attempts)


def explained(error: BaseException, personal: dict[str, Any] | None) -> str:
    """The traceback, with what is personal in the event taken out of it."""
    text = "".join(traceback.format_exception(error))
    for value in sorted(_texts(personal or {}), key=len, reverse=True):
        text = text.replace(value, "[personal]")
    return _storable(text[-LONGEST_ERROR:])


def _storable(text: str) -> str:
    """What a database refuses in a text: PostgreSQL knows no NUL, UTF-8 no lone surrogates."""
    return text.replace("\0", "\\0").encode(errors="backslashreplace").decode()


def _texts(value: Any) -> set[str]:
    if isinstance(value, dict):
        return set().union(*(_texts(inner) for inner in value.values()))
    if isinstance(value, list):
        return set().union(*(_texts(inner) for inner in value))
    return {value} if isinstance(value, str) and len(value) > 2 else set()
