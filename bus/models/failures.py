"""Failed attempts, and operators' notes on groups of them."""

from django.db import models
from django.db.models.functions import Now

from bus.models.delivery import Delivery

KEY_LENGTH = 16


class FailedAttempt(models.Model):
    """One attempt of a delivery that failed; inserted with the failure, and never changed.

    An attempt that succeeds leaves no row. Of a delivery's failed attempts the first and the last
    ones are kept (`bus.store.failures`). `number` counts the starts since the delivery became due,
    and begins again when an operator delivers it again. `worker` is Celery's name of the node and
    the process's id, empty if the worker was lost. `kind` is the path of the error's class, or
    *worker lost*; `frame` the last line of the project's own code that it passed through.
    """

    # Without a constraint: it is inserted under the delivery's lock, and pruned before it in the
    # same transaction. The database would otherwise check each pruned delivery by itself.
    delivery = models.ForeignKey(
        Delivery,
        models.DO_NOTHING,
        related_name="failed_attempts",
        db_index=False,
        db_constraint=False,
    )
    number = models.PositiveSmallIntegerField()
    at = models.DateTimeField(db_default=Now())
    worker = models.CharField(max_length=200, blank=True)
    lasted = models.DurationField(null=True, help_text="From its start; unknown if it was lost.")
    kind = models.CharField(max_length=200)
    frame = models.CharField(max_length=300, blank=True)
    text = models.TextField(blank=True)
    failure_key = models.CharField(max_length=KEY_LENGTH)

    class Meta:
        indexes = [
            models.Index(fields=["delivery", "id"], name="bus_failed_of_delivery"),
            models.Index(fields=["failure_key", "id"], name="bus_failed_of_group"),
        ]

    def __str__(self) -> str:
        return f"attempt {self.number} of delivery {self.delivery_id}: {self.kind}"


class FailureNote(models.Model):
    """What an operator noted about a group of failures; it stays when the group is empty."""

    failure_key = models.CharField(max_length=KEY_LENGTH, primary_key=True)
    text = models.TextField()
    who = models.CharField(max_length=150)
    at = models.DateTimeField(db_default=Now())

    def __str__(self) -> str:
        return f"note on {self.failure_key}"


class Alert(models.Model):
    """When operators were last alerted of a cause: the row decides whether they are again."""

    cause = models.CharField(max_length=100, primary_key=True)
    at = models.DateTimeField(db_default=Now())
    lasts = models.BooleanField(default=False, help_text="The standstill has not ended.")

    def __str__(self) -> str:
        return self.cause
