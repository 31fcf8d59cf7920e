"""Jobs are requested at their time of day, once."""

from datetime import UTC, datetime, time, timedelta
from typing import Any

import pytest
import time_machine
from django.utils import timezone

from bus import jobs
from bus.models import JobRun
from bus.ops.jobs import run_job
from bus.tests.conftest import at_once
from bus.work.clock import Clock

pytestmark = pytest.mark.django_db(transaction=True)

NAME = "desk.stocktaking"


@pytest.fixture
def due_at(stocktaking: list[str]) -> datetime:
    """The job became due five minutes ago."""
    at = timezone.localtime().replace(second=0, microsecond=0) - timedelta(minutes=5)
    jobs.job(NAME, title="Stocktaking", at=at.time(), queue="desk")(lambda: "taken")
    return at


def clock_begun(at: datetime, *queues: str) -> Clock:
    with time_machine.travel(at, tick=False):
        return Clock(queues or ("desk",))


def test_job_is_requested_once_when_it_is_due(due_at: datetime) -> None:
    before = due_at - timedelta(minutes=1)

    for _ in range(2):
        clock_begun(before).request()

    run = JobRun.objects.get()
    assert (run.job, run.requested_by, run.started_at) == (NAME, "", None)

    jobs.run_requested("desk")
    clock_begun(before).request()
    assert JobRun.objects.count() == 1


def test_clocks_at_once_request_one_run(due_at: datetime) -> None:
    clocks = [clock_begun(due_at - timedelta(minutes=1)) for _ in range(3)]

    at_once(*[clock.request for clock in clocks])

    assert JobRun.objects.count() == 1


def test_first_start_waits_for_the_time(due_at: datetime) -> None:
    clock_begun(due_at + timedelta(minutes=1)).request()

    assert not JobRun.objects.exists()


def test_missed_run_is_made_up_for(due_at: datetime) -> None:
    yesterday = due_at - timedelta(days=1)
    JobRun.objects.create(job=NAME, requested_at=yesterday, started_at=yesterday)

    clock_begun(due_at + timedelta(minutes=1)).request()

    assert JobRun.objects.filter(started_at=None).count() == 1


def test_request_of_an_operator_counts(due_at: datetime) -> None:
    run_job(NAME, by="ada")

    clock_begun(due_at - timedelta(minutes=1)).request()

    assert JobRun.objects.get().requested_by == "ada"


def test_jobs_of_other_queues_are_left(due_at: datetime) -> None:
    clock_begun(due_at - timedelta(minutes=1), "attic").request()

    assert not JobRun.objects.exists()


def test_hour_that_comes_twice_requests_one_run(stocktaking: list[str], settings: Any) -> None:
    settings.TIME_ZONE = "Europe/Berlin"
    jobs.job(NAME, title="Stocktaking", at=time(2, 30), queue="desk")(lambda: "taken")
    first = datetime(2026, 10, 25, 0, 30, tzinfo=UTC)

    for minutes in (0, 30, 60, 90):
        with time_machine.travel(first + timedelta(minutes=minutes), tick=False):
            clock_begun(first - timedelta(hours=1)).request()
            now = timezone.now()
            open_runs = JobRun.objects.filter(ended_at=None)
            open_runs.update(requested_at=now, started_at=now, ended_at=now)

    assert JobRun.objects.count() == 1
