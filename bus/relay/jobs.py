"""The relay's part in jobs: it sends the runs that operators have requested."""

import time
from collections.abc import Collection
from datetime import timedelta
from typing import Protocol

from django.db.models import Q
from django.db.models.functions import Now

from bus import jobs
from bus.models import JobRun

EVERY = 2.0
"""Seconds between two queries for runs."""

SENT_AGAIN_AFTER = timedelta(minutes=10)
"""A message that no worker has begun by then may have been lost; a second one finds nothing."""


class TaskSender(Protocol):
    """What can start a task without arguments in a process of its queue."""

    def send_task(self, task: str, queue: str) -> None: ...


class JobSender:
    """Tells a worker of the job's queue that a run has been requested; of `queues`, or all."""

    def __init__(self, sender: TaskSender, queues: Collection[str] | None = None) -> None:
        self._sender = sender
        self._queues = queues
        self._read_at = 0.0

    def send(self) -> None:
        """Send what has been requested, if it is time for it.

        Raises:
            what `send_task` raises; it is sent later.
        """
        now = time.monotonic()
        if now < self._read_at:
            return
        self._read_at = now + EVERY
        to_send = Q(sent_at=None) | Q(sent_at__lt=Now() - SENT_AGAIN_AFTER)
        mine = [
            one.name
            for one in jobs.by_name.values()
            if self._queues is None or one.queue in self._queues
        ]
        rows = JobRun.objects.filter(to_send, started_at=None, ended_at=None, job__in=mine)
        for row in rows:
            self._sender.send_task(jobs.RUN_REQUESTED, jobs.by_name[row.job].queue)
            JobRun.objects.filter(pk=row.pk).update(sent_at=Now())
