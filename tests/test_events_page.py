"""docs/events.md names the subscriptions that the code declares."""

import re
from pathlib import Path

from bus.handlers import declared
from tests.support.apps import APPS

TABLE = Path(__file__).parents[1] / "docs" / "events.md"
ROW = re.compile(r"^\| `(\w+)` \|.*\| ([^|]*) \|$", re.MULTILINE)


def whole(name: str) -> str:
    """The page leaves out the module `tasks` of an app."""
    return name.replace(".", ".tasks.", 1) if name.partition(".")[0] in APPS else name


def test_events_page_lists_exactly_the_declared_subscriptions() -> None:
    on_page = {
        event: {whole(name) for name in re.findall(r"`([\w.]+)`", names)}
        for event, names in ROW.findall(TABLE.read_text())
    }
    in_code: dict[str, set[str]] = {event: set() for event in on_page}
    for one in declared():
        if one.name.partition(".")[0] in (*APPS, "config"):
            in_code.setdefault(one.event_type.__name__, set()).add(one.name)

    assert on_page == in_code
