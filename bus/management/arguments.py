"""Arguments that several commands have: operator, reason, ids and instants."""

from argparse import ArgumentParser, ArgumentTypeError
from datetime import datetime
from getpass import getuser

from django.utils import timezone
from django.utils.dateparse import parse_date, parse_datetime

from bus.ops import LONGEST_WHO
from bus.ops.selection import in_calendar


def ask_who_and_why(parser: ArgumentParser) -> None:
    """Add --by and --why, which an operator action is recorded with."""
    parser.add_argument(
        "--by", type=who, default=_user(), help="The operator; by default the system's user."
    )
    parser.add_argument("--why", default="", help="The reason, for the record.")


def _user() -> str:
    try:
        return getuser()[:LONGEST_WHO]
    except (ImportError, KeyError, OSError):  # a container may run as a number without a name
        return "command line"


def who(text: str) -> str:
    """An operator's name that fits into the record.

    Raises:
        ArgumentTypeError: it is empty or too long.
    """
    name = text.strip()
    if not 0 < len(name) <= LONGEST_WHO:
        raise ArgumentTypeError(
            f"a name must have 1 to {LONGEST_WHO} characters; this one has {len(name)}."
        )
    return name


def number(text: str) -> int:
    """An id of a row: a positive 64-bit number.

    Raises:
        ArgumentTypeError: it is out of range.
    """
    found = int(text)
    if not 0 < found < 2**63:
        raise ArgumentTypeError(
            f"the id {text} is out of range; use one that manage.py deliveries shows."
        )
    return found


def instant(text: str) -> datetime:
    """A date or an instant (ISO 8601), without an offset in the project's time zone.

    Raises:
        ArgumentTypeError: it is neither, or the database cannot store it.
    """
    try:
        found = parse_datetime(text)
        if found is None and (day := parse_date(text)):
            found = datetime(day.year, day.month, day.day)  # noqa: DTZ001 -- made aware below
    except ValueError:
        found = None
    if found is None or not in_calendar(found):
        raise ArgumentTypeError(f"{text!r} is no date that can be used; write it like 2026-01-31.")
    return found if timezone.is_aware(found) else timezone.make_aware(found)
