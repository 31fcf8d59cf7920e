"""A relay's polls pass by what is done, and miss nothing for that."""

import time
from datetime import timedelta
from threading import Event as Signal

import pytest
from django.db import connection, transaction
from django.db.models.functions import Now

from bus.models import Delivery
from bus.ops import pause, resume
from bus.relay.drain import drain
from bus.store import poll as work_module
from bus.store.claims import claim
from bus.store.in_flight import InFlight
from bus.store.marks import FULL_EVERY, Marks
from bus.store.outbox import fan_out
from bus.store.poll import poll
from bus.testing import given
from bus.tests.conftest import Happened, Subscribed, at_once, end_leases, happened, worked
from bus.tests.long_past import read
from bus.worker.registration import register

pytestmark = pytest.mark.django_db(transaction=True)

LONG_AGO = timedelta(seconds=3)


def react(event: Happened) -> None: ...
def react_too(event: Happened) -> None: ...


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The relay's own clock, which a test moves."""
    now = [1_000.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    return now


@pytest.fixture
def marks(clock: list[float]) -> Marks:
    """Those of a relay that has looked once, and found nothing."""
    with connection.cursor():
        pass  # connected
    made = Marks()
    assert polled(made) == []
    return made


def polled(marks: Marks) -> list[str]:
    """What one poll of a relay with these marks finds due."""
    marks.begin()
    return [one.task for one in poll(marks) if one.due]


def committed_late(*numbers: int) -> None:
    """Deliveries that became due in a transaction which went on for longer."""
    given(*happened(*numbers))
    register("desk")
    fan_out()
    streams = [str(number) for number in numbers]
    Delivery.objects.filter(stream__in=streams).update(due_at=Now() - LONG_AGO)


def test_poll_with_marks_finds_deliveries_becoming_due(
    subscribed: Subscribed, marks: Marks
) -> None:
    name = subscribed(react)
    committed_late(1)
    Delivery.objects.update(due_at=Now())

    assert polled(marks) == [name]
    assert polled(marks) == [name]


def test_poll_with_marks_finds_deliveries_becoming_late(
    subscribed: Subscribed, marks: Marks
) -> None:
    subscribed(react)
    committed_late(1)
    claim(poll())
    polled(marks)
    end_leases()

    marks.begin()
    assert [one.late for one in poll(marks)] == [True]


def test_full_poll_finds_what_a_long_transaction_made_due(
    subscribed: Subscribed, marks: Marks, clock: list[float]
) -> None:
    name = subscribed(react)
    register("desk")
    polled(marks)
    committed_late(1)

    assert polled(marks) == []
    clock[0] += FULL_EVERY
    assert polled(marks) == [name]


def test_poll_on_new_connection_has_no_marks(subscribed: Subscribed, marks: Marks) -> None:
    name = subscribed(react)
    register("desk")
    polled(marks)
    committed_late(1)
    connection.close()

    assert polled(marks) == [name]


def test_drain_has_no_marks(subscribed: Subscribed, marks: Marks) -> None:
    subscribed(react)
    committed_late(1)

    assert len(list(drain())) == 1


def test_delivery_below_the_mark_blocks_its_lane(subscribed: Subscribed, marks: Marks) -> None:
    subscribed(react, ordered=True)
    register("desk")
    polled(marks)
    committed_late(1)
    given(*happened(1))
    fan_out()

    (work,) = poll(marks)

    assert Delivery.objects.filter(due_at__lt=Now() - LONG_AGO / 2).count() == 1
    assert claim([work]) == []


def test_backlog_is_found_at_once_after_resume(subscribed: Subscribed, marks: Marks) -> None:
    name = subscribed(react)
    committed_late(1)
    pause(name, by="test", why="")
    Delivery.objects.update(due_at=Now())
    assert polled(marks) == []
    Delivery.objects.update(due_at=Now() - LONG_AGO)
    marks = Marks()
    assert polled(marks) == [] == polled(marks)

    resume(name, by="test", why="")

    assert polled(marks) == [name]


def test_backlog_does_not_hold_back_marks_of_others(subscribed: Subscribed, marks: Marks) -> None:
    behind, idle = subscribed(react), subscribed(react_too)
    committed_late(1)
    Delivery.objects.filter(subscription__name=idle).update(state="done")
    marks = Marks()

    assert polled(marks) == [behind]
    first, second = (live for live, _bulk, _late in marks.instants.values())
    assert min(first, second) < max(first, second)


@pytest.mark.postgres
def test_polls_beside_a_held_snapshot_read_no_more(
    subscribed: Subscribed, clock: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(work_module, "SLACK", 0.0)  # else all of this short test is recent
    subscribed(react, ordered=True, batch=50)
    register("desk")
    marks, in_flight = Marks(), InFlight()
    over, held = Signal(), Signal()

    def report() -> None:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
            cursor.execute("SELECT count(*) FROM bus_event")
            held.set()
            assert over.wait(90)

    def tick(*numbers: int) -> None:
        given(*happened(*numbers))
        marks.begin()
        fan_out(marks)
        worked(claim(poll(marks), in_flight=in_flight, full_batches=False))

    def shop() -> dict[str, int]:
        try:
            assert held.wait(20)
            for first in range(0, 600, 50):
                tick(*range(first, first + 50))
            tick(1_000)
            tick(1_001)
            # A transaction in another database of the server holds the outbox's mark back, for as
            # long as `idle_in_transaction_session_timeout` (15 s) and what runs before it.
            for number in range(1_002, 1_402):
                before = read()
                tick(number)
                after = read()
                counts = {name: after[name] - before[name] for name in after}
                if counts["bus_outbox"] < 20:
                    break
                time.sleep(0.1)
            return counts
        finally:
            over.set()

    _, counts = at_once(report, shop)

    assert not Delivery.objects.exclude(state="done").exists()
    assert counts["bus_delivery"] < 100
    assert counts["bus_outbox"] < 20
