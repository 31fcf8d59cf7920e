"""What the operator's console shows besides the ledger: pace, workers, jobs."""

from datetime import timedelta

from django.db import models
from django.db.models.functions import Now

from bus.models.delivery import Subscription


class Pace(models.Model):
    """Deliveries of a subscription that were done in one minute and took about as long.

    `bucket`: the time from the event to its effect is at least 2 ** (bucket / 3) seconds and less
    than 2 ** ((bucket + 1) / 3). The relay adds what it has seen done. The figures are for
    watching: a relay that dies loses those of the deliveries that were in flight.
    """

    subscription = models.ForeignKey(Subscription, models.CASCADE, db_index=False)
    minute = models.DateTimeField()
    bucket = models.SmallIntegerField()
    done = models.PositiveBigIntegerField()

    class Meta:
        verbose_name_plural = "pace"
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(
                fields=["minute", "subscription", "bucket"], name="bus_pace_once"
            )
        ]

    def __str__(self) -> str:
        return f"pace {self.pk}"


class WorkerState(models.Model):
    """A worker, and when it last gave a sign of life."""

    KEPT_FOR = timedelta(hours=1)
    """A worker that was stopped is shown for so long."""

    name = models.CharField(max_length=200, unique=True)
    queues = models.JSONField()
    processes = models.PositiveSmallIntegerField()
    seen_at = models.DateTimeField()

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return self.name


class JobRun(models.Model):
    """One run of a job of `bus.jobs`: by the clock, or requested by an operator.

    At most one run of a job has been requested and not begun. A run that has not ended after the
    longest time of its job was lost with its worker.
    """

    job = models.CharField(max_length=100)
    requested_at = models.DateTimeField(db_default=Now())
    requested_by = models.CharField(max_length=150, blank=True, help_text="Empty: by the clock.")
    sent_at = models.DateTimeField(null=True)
    started_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    failed = models.BooleanField(default=False)
    result = models.CharField(max_length=500, blank=True)

    class Meta:
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(
                fields=["job"],
                name="bus_job_requested_once",
                condition=models.Q(started_at=None, ended_at=None),
            )
        ]
        indexes = [models.Index(fields=["job", "id"], name="bus_job_runs")]

    def __str__(self) -> str:
        return f"{self.job} {self.pk}"


class Console(Subscription):
    """No rows of its own: the console's pages in the admin."""

    class Meta:
        proxy = True
        default_permissions = ()
        permissions = [
            ("run_job", "Can run jobs"),
            ("drop_message", "Can drop quarantined messages"),
        ]
        verbose_name = "console"
        verbose_name_plural = "console"
