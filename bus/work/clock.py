"""The clock: requests each job at its time of day, where no beat runs."""

import time
from collections.abc import Collection
from datetime import UTC, datetime, timedelta

from django.db import transaction
from django.utils import timezone

from bus import jobs
from bus.models import JobRun, RelayState

EVERY = 10.0
"""Seconds between two looks."""

SKEW = timedelta(minutes=1)
"""By so much the database's clock may be behind this machine's."""


class Clock:
    """Requests jobs of these queues. A job that was due while nothing ran is made up for."""

    def __init__(self, queues: Collection[str]) -> None:
        self._queues = queues
        self._began_at = timezone.now()
        self._look_at = 0.0

    def request(self) -> None:
        """Request what has become due, if it is time to look; once, whoever else looks.

        Raises:
            django.db.Error: the database does not answer.
        """
        now = time.monotonic()
        if now < self._look_at:
            return
        self._look_at = now + EVERY
        for job in jobs.by_name.values():
            if job.queue in self._queues:
                self._request(job, _last_time(job))

    def _request(self, job: jobs.Job, due_at: datetime) -> None:
        runs = JobRun.objects.filter(job=job.name)
        # A run at an operator's request counts as well.
        since = runs.filter(requested_at__gte=due_at - SKEW)
        if since.exists() or (due_at < self._began_at and not runs.exists()):
            return
        with transaction.atomic():
            # Another clock may have been quicker.
            RelayState.objects.select_for_update().get_or_create(pk=RelayState.THE_ROW)
            if not since.exists():
                JobRun.objects.bulk_create([JobRun(job=job.name)], ignore_conflicts=True)


def _last_time(job: jobs.Job) -> datetime:
    """When the job was due last, in UTC, in which an instant has one name."""
    now = timezone.localtime()
    # Of an hour that comes twice, when clocks go back, the first.
    today = now.replace(hour=job.at.hour, minute=job.at.minute, second=0, microsecond=0, fold=0)
    due_at = today if today.timestamp() <= now.timestamp() else today - timedelta(days=1)
    return due_at.astimezone(UTC)
