"""What a loop does beside the deliveries, and what does not stop it."""

import pytest
from django.db import OperationalError

from bus.models import JobRun, Pace
from bus.ops.jobs import run_job
from bus.relay import pace
from bus.store.marks import Marks
from bus.store.outbox import fan_out
from bus.testing import given
from bus.tests.conftest import Happened, Subscribed, happened, note, notes
from bus.tests.work.running import Until, new_loop, nothing_open
from bus.work import loop as loops

pytestmark = pytest.mark.django_db(transaction=True)


def react(event: Happened) -> None:
    note(str(event.number))


def test_requested_job_is_run_by_a_process(subscribed: Subscribed, stocktaking: list[str]) -> None:
    subscribed(react)
    loop = new_loop()
    run_job("desk.stocktaking", by="ada")

    loop.run(Until(lambda: JobRun.objects.get().ended_at is not None))

    assert JobRun.objects.get().result == "1 shelves"
    assert stocktaking == []  # it was another process


def test_trouble_of_the_database_stops_no_loop(
    subscribed: Subscribed, monkeypatch: pytest.MonkeyPatch
) -> None:
    subscribed(react)
    loop = new_loop()
    given(*happened(1))
    monkeypatch.setattr(loops, "PAUSE_AFTER_TROUBLE", 0.0)
    troubles = [OperationalError("server closed the connection")]

    def fail_once(marks: Marks) -> int:
        if troubles:
            raise troubles.pop()
        return fan_out(marks)

    monkeypatch.setattr(loops, "fan_out", fail_once)

    loop.run(Until(nothing_open))

    assert notes() == ["1"]


def test_pace_of_what_is_done_is_kept(
    subscribed: Subscribed, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pace, "EVERY", 0.0)
    subscribed(react)
    loop = new_loop()
    given(*happened(1, 2, 3))

    loop.run(Until(lambda: sum(Pace.objects.values_list("done", flat=True)) == 3))

    assert sum(Pace.objects.values_list("done", flat=True)) == 3
