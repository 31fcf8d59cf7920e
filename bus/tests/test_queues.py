"""What a queue's declaration takes, and what it refuses."""

from typing import Any

import pytest

from bus import Queue, handlers
from bus.handlers import BadSubscription
from bus.queues import BadQueue, rate_in_words
from bus.tests.conftest import Happened, Subscribed


def react(event: Happened) -> None: ...
def react_too(event: Happened) -> None: ...


@pytest.mark.parametrize(
    ("rate", "per_second"), [("", None), ("10/s", 10), ("90/min", 1.5), ("5400/h", 1.5)]
)
def test_rate_is_read_by_its_unit(rate: str, per_second: float | None) -> None:
    assert Queue("desk", rate=rate).per_second == per_second


@pytest.mark.parametrize("rate", ["10/s", "90/min", "100/h", "1/min"])
def test_rate_is_shown_as_it_was_declared(rate: str) -> None:
    assert rate_in_words(Queue("desk", rate=rate).per_second or 0) == rate


@pytest.mark.parametrize(
    ("limits", "sentence"),
    [
        ({"rate": "10"}, "desk: rate is '10'; write a number of deliveries by s, min or h"),
        ({"rate": "ten/s"}, "desk: rate is 'ten/s'; write a number"),
        ({"rate": "1.5/s"}, "desk: rate is '1.5/s'; write a number"),
        ({"rate": "0/s"}, "desk: rate is 0/s; it must be 1/min to 1000/s"),
        ({"rate": "59/h"}, "desk: rate is 59/h; it must be 1/min to 1000/s"),
        ({"rate": "1001/s"}, "desk: rate is 1001/s; it must be 1/min to 1000/s"),
        ({"at_once": 0}, "desk: at_once is 0; it must be 1 to 10000, or be left out"),
        ({"at_once": 10_001}, "desk: at_once is 10001"),
    ],
)
def test_impossible_limit_is_refused(limits: dict[str, Any], sentence: str) -> None:
    with pytest.raises(BadQueue, match=sentence):
        Queue("desk", **limits)


def test_second_declaration_with_another_limit_is_refused(subscribed: Subscribed) -> None:
    subscribed(react, queue=Queue("desk", rate="10/s"))
    before = handlers.declared()

    with pytest.raises(BadSubscription, match=r"desk has another rate or at_once in .*react;"):
        subscribed(react_too, queue=Queue("desk", rate="20/s"))

    assert handlers.declared() == before
