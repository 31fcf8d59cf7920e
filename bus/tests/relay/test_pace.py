"""How soon the relay looks again."""

from threading import Event as Signal
from unittest.mock import Mock

import pytest
from django.conf import settings

from bus.relay import loop
from bus.relay.loop import BUSY, EVERY, EVERY_WHEN_BUSY, MANY, Relay
from bus.store.claims import Batch


class Stop(Signal):
    """Notes how long it would have waited, and is set by the first wait."""

    waited: float | None = None

    def wait(self, timeout: float | None = None) -> bool:
        self.waited = timeout
        self.set()
        return True


def pace(monkeypatch: pytest.MonkeyPatch, deliveries: int, *, fills_window: bool = False) -> float:
    """How long the relay waits after a look that has sent so many."""
    tickets = [(number, 1) for number in range(deliveries)]
    batches = [Batch("task", "queue", tickets, fills_window)] if deliveries else []
    monkeypatch.setattr(settings, "BUS_REDIS_URL", "redis://localhost:1/0")
    relay, stop = Relay(), Stop()
    monkeypatch.setattr(loop, "fan_out", lambda _marks: 0)
    monkeypatch.setattr(loop, "poll", lambda _marks: [])
    monkeypatch.setattr(loop, "claim", lambda _work, **_: batches)
    monkeypatch.setattr(relay.sender, "send", lambda _batches: None)
    monkeypatch.setattr(relay.epoch, "check", lambda: None)
    monkeypatch.setattr(relay.jobs, "send", lambda: None)
    monkeypatch.setattr("bus.broker.server.check", lambda: None)
    monkeypatch.setattr("bus.models.RelayState.objects", Mock())
    monkeypatch.setattr(relay.upkeep, "continue_bulk", lambda: 0)
    # Looked at once where it does not wait at all: the second look ends it.
    looks = iter([False, False, True])
    monkeypatch.setattr(stop, "is_set", lambda: next(looks) or Signal.is_set(stop))
    monkeypatch.setattr("bus.relay.loop.time.monotonic", lambda: 100.0)
    relay.run(stop)
    return stop.waited or 0.0


def test_idle_relay_polls_often(monkeypatch: pytest.MonkeyPatch) -> None:
    assert pace(monkeypatch, 0) == pytest.approx(EVERY)
    assert pace(monkeypatch, BUSY - 1) == pytest.approx(EVERY)


def test_busy_relay_waits_to_fill_its_messages(monkeypatch: pytest.MonkeyPatch) -> None:
    assert pace(monkeypatch, BUSY) == pytest.approx(EVERY_WHEN_BUSY)


def test_relay_that_is_behind_does_not_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    assert pace(monkeypatch, BUSY, fills_window=True) == pytest.approx(EVERY)
    assert pace(monkeypatch, MANY) == 0.0
