"""The log of operator actions, and refusals."""

import textwrap
from collections.abc import Iterable
from difflib import get_close_matches

from django.db.models import F

from bus.models import OperatorAction

LONGEST_SUBJECT = 200
LONGEST_WHO = 150


class Refused(Exception):
    """The ledger does not allow this; the message says why and what to do."""


def record(by: str, what: str, subject: str, count: int = 1, why: str = "") -> OperatorAction:
    """Record an operator action."""
    return OperatorAction.objects.create(
        who=by, what=what, subject=textwrap.shorten(subject, LONGEST_SUBJECT), count=count, why=why
    )


def count_on(action: OperatorAction, count: int) -> None:
    """Add to the count of an action. Call it in each step's transaction, so that the record is true
    wherever the work ends."""
    OperatorAction.objects.filter(pk=action.pk).update(count=F("count") + count)


def unknown(what: str, name: str, known: Iterable[str], see: str) -> Refused:
    """The refusal of an unknown name, with similar ones."""
    near = get_close_matches(name, list(known))
    hint = f"did you mean {' or '.join(near)}?" if near else f"see {see}."
    return Refused(f"There is no {what} {name}; {hint}")
