"""A process keeps one connection to a destination, and gives it up after an error."""

from typing import Any

import pytest

from outlets.destinations import connection
from outlets.destinations.connection import Kept
from outlets.destinations.errors import DestinationUnavailable


class Line:
    """A connection that fails when it is told to."""

    def __init__(self) -> None:
        self.sent: list[Any] = []
        self.fails = self.closed = False

    def send(self, event: Any) -> None:
        if self.fails:
            raise DestinationUnavailable("It has not answered.")
        self.sent.append(event)

    def close(self) -> None:
        self.closed = True


@pytest.fixture
def lines() -> list[Line]:
    return []


@pytest.fixture
def kept(lines: list[Line]) -> Kept:
    def connect() -> Line:
        lines.append(Line())
        return lines[-1]

    return Kept(connect)


def test_connection_is_kept_for_the_next_event(kept: Kept, lines: list[Line]) -> None:
    kept.ready().send("first")
    kept.ready().send("second")

    [line] = lines
    assert line.sent == ["first", "second"]


def test_connection_is_given_up_after_an_error(kept: Kept, lines: list[Line]) -> None:
    kept.ready()
    lines[0].fails = True
    with pytest.raises(DestinationUnavailable):
        kept.send("first")

    kept.send("first")

    assert lines[0].closed
    assert lines[1].sent == ["first"]


def test_idle_connection_is_opened_anew(
    kept: Kept, lines: list[Line], monkeypatch: pytest.MonkeyPatch
) -> None:
    kept.send("first")
    monkeypatch.setattr(connection, "IDLE", -1)

    kept.send("second")

    assert lines[0].closed
    assert lines[1].sent == ["second"]


def test_forked_process_leaves_connection_of_its_parent_alone(
    kept: Kept, lines: list[Line], monkeypatch: pytest.MonkeyPatch
) -> None:
    kept.send("of the parent")
    monkeypatch.setattr("os.getpid", lambda: 1)

    kept.send("of the child")

    assert not lines[0].closed
    assert lines[1].sent == ["of the child"]


@pytest.mark.parametrize(
    "error", [ValueError("Invalid endpoint"), AssertionError(), OSError(2, "")]
)
def test_connection_that_cannot_be_opened_is_tried_again(error: Exception) -> None:
    def connect() -> Line:
        raise error

    with pytest.raises(DestinationUnavailable, match=type(error).__name__):
        Kept(connect).ready()
