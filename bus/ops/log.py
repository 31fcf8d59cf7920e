"""The record of what operators did, and how they are refused."""

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
    """Write down who did what to the ledger."""
    return OperatorAction.objects.create(
        who=by, what=what, subject=textwrap.shorten(subject, LONGEST_SUBJECT), count=count, why=why
    )


def count_on(action: OperatorAction, count: int) -> None:
    """Add to what was done so far. In the transaction of each step, so that the record is true
    wherever the work ends."""
    OperatorAction.objects.filter(pk=action.pk).update(count=F("count") + count)


def unknown(what: str, name: str, known: Iterable[str], see: str) -> Refused:
    """A name that nothing has, with the names that it may have meant."""
    near = get_close_matches(name, list(known))
    hint = f"did you mean {' or '.join(near)}?" if near else f"see {see}."
    return Refused(f"There is no {what} {name}; {hint}")
