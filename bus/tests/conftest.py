"""A small world of its own for the tests of the bus: one fact, and reactions made for a test."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest

from bus import Fact, Queue, Retry, registry, subscribe
from bus.models import OperatorAction


class Happened(Fact, frozen=True, kw_only=True):
    """Something happened to somebody."""

    personal = ("who",)

    about: str
    number: int = 0
    who: str = "Ada Lovelace"

    @property
    def stream(self) -> str:
        return self.about


RETRY = Retry(
    on=(ConnectionError,),
    times=3,
    first_wait=timedelta(seconds=10),
    longest_wait=timedelta(minutes=1),
)

Subscribed = Callable[..., str]


@pytest.fixture
def subscribed() -> Iterator[Subscribed]:
    """Subscribe a function to `Happened` for the length of one test; returns the name."""
    before = dict(registry._reactions)

    def register(handler: Callable[..., Any], *, ordered: bool = False, **options: Any) -> str:
        queue = options.pop("queue", Queue("desk", ordered=ordered))
        subscribe(Happened, queue=queue, retry=options.pop("retry", RETRY), **options)(handler)
        return f"{handler.__module__}.{handler.__name__}"

    yield register
    registry._reactions.clear()
    registry._reactions.update(before)


def note(text: str) -> None:
    """An effect in the database that tests can count."""
    OperatorAction.objects.create(who="test", what="effect", subject=text)


def notes() -> list[str]:
    """The effects so far, in their order."""
    rows = OperatorAction.objects.filter(what="effect").order_by("id")
    return list(rows.values_list("subject", flat=True))
