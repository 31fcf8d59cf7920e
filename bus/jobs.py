"""Jobs: Celery tasks that run by the clock, or when an operator asks for it; each run is a row.

A job is recorded by the worker that runs it. An operator's wish is a row that the relay sends, so
that a web process needs no broker.
"""

import functools
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import time, timedelta

from django.db.models.functions import Now
from django.utils import timezone

from bus.models import JobRun
from bus.redaction import kind

RUN_REQUESTED = "bus.run_requested_jobs"
"""The task that runs one requested job of its queue; it has no arguments."""

LONGEST_RESULT = 500
SHOWN = 5
KEPT = 50
"""Runs of each job that are kept."""


@dataclass(frozen=True)
class Job:
    """`name` is its Celery task, which is due every day `at` that time, in `queue`."""

    name: str
    title: str
    at: time
    queue: str
    longest: timedelta
    run: Callable[[], str]

    @property
    def when(self) -> str:
        return f"every day at {self.at:%H:%M}"


by_name: dict[str, Job] = {}
"""The jobs of this process."""


class Failed(Exception):
    """A job's failure in words, which are its result; without personal data."""


def job(
    name: str, *, title: str, at: time, queue: str, longest: timedelta = timedelta(hours=1)
) -> Callable[[Callable[[], str]], Callable[[], str]]:
    """Declare a function as a job, and record each of its runs. It returns its result in words.

    `at`: its time of day in TIME_ZONE. Beat keeps a schedule of its own, which must say the same.

    `longest`: after so long without an end a run counts as lost with its worker.
    """

    def declare(function: Callable[[], str]) -> Callable[[], str]:
        by_name[name] = Job(name, title, at, queue, longest, function)

        @functools.wraps(function)
        def run() -> str:
            return _run(JobRun.objects.create(job=name, started_at=Now()), function)

        return run

    return declare


def running(name: str) -> JobRun | None:
    """The run of this job that has begun and not ended, unless it counts as lost."""
    young = JobRun.objects.filter(
        job=name, ended_at=None, started_at__gt=Now() - by_name[name].longest
    )
    return young.order_by("id").last()


def run_requested(queue: str) -> str | None:
    """Run the job of this queue that was requested first and has not begun; returns its name.

    One for each message, so that each has the task's time. A second message for the same wish
    finds nothing. A job that runs is left for a later message.
    """
    mine = [one.name for one in by_name.values() if one.queue == queue]
    waiting = JobRun.objects.filter(started_at=None, ended_at=None, job__in=mine)
    for row in waiting.order_by("id"):
        if running(row.job):
            continue
        if JobRun.objects.filter(pk=row.pk, started_at=None).update(started_at=Now()):
            with suppress(Exception):  # it is recorded
                _run(row, by_name[row.job].run)
            return row.job
    return None


def _run(row: JobRun, function: Callable[[], str]) -> str:
    try:
        said = function()
    except BaseException as error:
        _end(row, str(error) if isinstance(error, Failed) else kind(error), failed=True)
        raise
    _end(row, said, failed=False)
    return said


def _end(row: JobRun, said: str, *, failed: bool) -> None:
    JobRun.objects.filter(pk=row.pk).update(
        ended_at=Now(), failed=failed, result=said[:LONGEST_RESULT]
    )
    kept = JobRun.objects.filter(job=row.job).order_by("-id").values_list("pk", flat=True)
    if oldest := kept[KEPT - 1 : KEPT].first():
        JobRun.objects.filter(job=row.job, pk__lt=oldest).delete()


@dataclass(frozen=True)
class Overview:
    """A job with its last runs, the newest first."""

    job: Job
    runs: list[JobRun]

    @property
    def requested(self) -> bool:
        """Whether a run has been requested that has not begun."""
        return any(run.started_at is None and run.ended_at is None for run in self.runs)

    @property
    def running(self) -> bool:
        return any(state == "running" for _run, state in self.lines)

    @property
    def lines(self) -> list[tuple[JobRun, str]]:
        """Each run with what became of it, in one word."""
        return [(run, _state(run, self.job)) for run in self.runs]


def overview() -> list[Overview]:
    """Every job of this process, with its last `SHOWN` runs."""
    return [
        Overview(one, list(JobRun.objects.filter(job=one.name).order_by("-id")[:SHOWN]))
        for one in by_name.values()
    ]


def _state(run: JobRun, job: Job) -> str:
    if run.ended_at:
        return "failed" if run.failed else "done"
    if run.started_at is None:
        return "requested"
    return "lost" if run.started_at < timezone.now() - job.longest else "running"
