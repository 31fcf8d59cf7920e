"""Figures of the console in words, on its pages and in a terminal."""

from datetime import datetime, timedelta

from bus.console.state import Row
from bus.store.backlog import MOST_COUNTED

NOTHING = "–"  # noqa: RUF001 -- a dash for what there is none of


def counted(count: int) -> str:
    """A count; those above `MOST_COUNTED` are not counted to their end."""
    return f"over {MOST_COUNTED:,}" if count > MOST_COUNTED else f"{count:,}"


def says(row: Row) -> str:
    """What is wrong, in words: colour alone says nothing to many."""
    said = {
        "no worker": row.lacks_worker,
        "dead": bool(row.dead),
        "paused": row.paused,
        "blocked": bool(row.blocked),
        "retrying": row.fails,
    }
    found = [word for word, is_so in said.items() if is_so]
    if not found and row.level == "amber":
        found = ["late"]
    if not found and row.at_its_limit:
        found = ["at its limit"]
    if row.later:
        found.append(f"{counted(row.later)} due later")
    return ", ".join(found) or ("working" if row.open else "idle")


def ago(at: datetime | None, now: datetime) -> str:
    """How long ago, in the two largest units; nothing if it is still to come."""
    return duration(now - at) if at and at <= now else NOTHING


def duration(age: timedelta) -> str:
    """A length of time in its two largest units."""
    seconds = max(0, int(age.total_seconds()))
    units = [("d", seconds // 86_400), ("h", seconds // 3600 % 24), ("min", seconds // 60 % 60)]
    units = [*units, ("s", seconds % 60)]
    first = next((place for place, (_, count) in enumerate(units) if count), 3)
    return " ".join(f"{count} {unit}" for unit, count in units[first : first + 2] if count) or "0 s"


def took(seconds: float | None) -> str:
    """A time between an event and its effect."""
    if seconds is None:
        return NOTHING
    if seconds < 1:
        return f"{seconds * 1000:.0f} ms"
    return f"{seconds:.1f} s" if seconds < 60 else duration(timedelta(seconds=seconds))
