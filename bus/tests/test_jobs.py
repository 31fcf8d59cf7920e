"""Jobs: each run is a row, and an operator's wish is run once."""

from datetime import time, timedelta

import pytest
from django.utils import timezone

from bus import jobs
from bus.models import JobRun, OperatorAction
from bus.ops import Refused
from bus.ops.jobs import run_job
from bus.worker.jobs import run_requested_jobs

pytestmark = pytest.mark.django_db

NAME = "desk.stocktaking"


def states() -> list[str]:
    [one] = jobs.overview()
    return [state for _run, state in one.lines]


def test_requested_run_is_recorded_with_its_result(stocktaking: list[str]) -> None:
    run_job(NAME, by="ada", why="after the fair")

    assert states() == ["requested"]
    assert jobs.run_requested("desk") == NAME

    run = JobRun.objects.get()
    assert (run.requested_by, run.result, run.failed) == ("ada", "1 shelves", False)
    assert states() == ["done"]
    action = OperatorAction.objects.get(what="run now")
    assert (action.who, action.subject, action.why) == ("ada", "Stocktaking", "after the fair")


def test_second_message_runs_nothing(stocktaking: list[str]) -> None:
    run_job(NAME, by="ada")

    assert [jobs.run_requested("desk"), jobs.run_requested("desk")] == [NAME, None]
    assert stocktaking == ["taken"]


def test_run_is_requested_once_until_it_begins(stocktaking: list[str]) -> None:
    run_job(NAME, by="ada")

    with pytest.raises(Refused, match="Stocktaking has been requested already"):
        run_job(NAME, by="eve")

    jobs.run_requested("desk")
    run_job(NAME, by="eve")


def test_job_that_runs_is_neither_requested_nor_begun(stocktaking: list[str]) -> None:
    run_job(NAME, by="ada")
    clock = JobRun.objects.create(job=NAME, started_at=timezone.now())

    assert jobs.run_requested("desk") is None
    JobRun.objects.filter(started_at=None).delete()
    with pytest.raises(Refused, match="Stocktaking is running"):
        run_job(NAME, by="eve")

    JobRun.objects.filter(pk=clock.pk).update(started_at=timezone.now() - timedelta(hours=2))
    run_job(NAME, by="eve")  # the other one is lost
    assert jobs.run_requested("desk") == NAME


def test_each_message_runs_one_job_of_its_queue(stocktaking: list[str]) -> None:
    for name, queue in (("desk.sweeping", "desk"), ("attic.sweeping", "attic")):
        jobs.job(name, title=name, at=time(3), queue=queue)(lambda: "swept")
    for name in (NAME, "attic.sweeping", "desk.sweeping"):
        run_job(name, by="ada")

    queues = ("desk", "desk", "desk", "attic")
    assert [jobs.run_requested(queue) for queue in queues] == [
        NAME, "desk.sweeping", None, "attic.sweeping",
    ]  # fmt: skip


def test_task_runs_what_is_requested_of_its_queue(stocktaking: list[str]) -> None:
    run_job(NAME, by="ada")

    run_requested_jobs.apply(routing_key="attic")
    assert states() == ["requested"]
    run_requested_jobs.apply(routing_key="desk")
    assert states() == ["done"]


def test_unknown_job_is_refused(stocktaking: list[str]) -> None:
    with pytest.raises(Refused, match="There is no job audit; the jobs are desk"):
        run_job("audit", by="ada")


def test_failed_run_says_why(stocktaking: list[str]) -> None:
    for _run in range(3):
        run_job(NAME, by="ada")
        jobs.run_requested("desk")

    assert states() == ["failed", "done", "done"]
    assert JobRun.objects.latest("id").result == "the shelves do not answer"


def test_run_without_an_end_is_lost_after_its_time(stocktaking: list[str]) -> None:
    run = JobRun.objects.create(job=NAME, started_at=timezone.now())
    assert states() == ["running"]

    JobRun.objects.filter(pk=run.pk).update(started_at=timezone.now() - timedelta(hours=2))

    assert states() == ["lost"]


def test_old_runs_are_deleted(stocktaking: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs, "KEPT", 2)
    for _run in range(3):
        run_job(NAME, by="ada")
        jobs.run_requested("desk")

    assert JobRun.objects.count() == 2
