"""Actions of operators, the state of the relay, results of the audit."""

from django.db import models
from django.db.models.functions import Now


class OperatorAction(models.Model):
    """Who did what to the ledger, when and why."""

    at = models.DateTimeField(db_default=Now())
    who = models.CharField(max_length=150)
    what = models.CharField(max_length=50)
    subject = models.CharField(max_length=200)
    count = models.PositiveIntegerField(default=1)
    why = models.TextField(blank=True)

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.who}: {self.what} {self.subject}"


class BulkOperation(models.Model):
    """An operation on all deliveries that match a filter; the relays do it in steps.

    The deliveries are visited in order of their ids, from `after` (the last one visited) to
    `upto` (the last one when it began). The count of its action is the number changed so far. It
    has ended if `ended_at` is set, at its end or by `stopped_by`.
    """

    class Operation(models.TextChoices):
        DELIVER_AGAIN = "deliver again"
        DISCARD = "discard"

    action = models.OneToOneField(
        OperatorAction, models.PROTECT, primary_key=True, related_name="bulk"
    )
    operation = models.CharField(max_length=20, choices=Operation)
    filter = models.JSONField()
    finished = models.BooleanField(
        default=False, help_text="Deliveries that are done or discarded as well."
    )
    expected = models.PositiveBigIntegerField(help_text="Deliveries that matched at first.")
    after = models.BigIntegerField(default=0)
    upto = models.BigIntegerField()
    ended_at = models.DateTimeField(null=True)
    stopped_by = models.CharField(max_length=150, blank=True)

    class Meta:
        indexes = [
            models.Index(
                fields=["action"], name="bus_bulk_unended", condition=models.Q(ended_at=None)
            )
        ]

    def __str__(self) -> str:
        return f"{self.operation} {self.action_id}"


class RelayState(models.Model):
    """One row: the epoch, the relay's last record of the broker, how far the ledger has been
    pruned, and the project's name in Redis."""

    THE_ROW = 1

    id = models.PositiveSmallIntegerField(primary_key=True)
    epoch = models.CharField(max_length=32, blank=True)
    looked_at = models.DateTimeField(null=True)
    broker_error = models.CharField(max_length=200, blank=True)
    forgotten_until = models.DateTimeField(null=True)
    own_name = models.CharField(max_length=32, blank=True, db_default="", db_column="shop")

    def __str__(self) -> str:
        return "relay"


class AuditResult(models.Model):
    """The last result of one check of the audit: how many findings, without their texts."""

    rule = models.CharField(max_length=200, unique=True)
    at = models.DateTimeField(db_default=Now())
    findings = models.PositiveIntegerField()
    unseen = models.BooleanField()

    class Meta:
        ordering = ["rule"]

    def __str__(self) -> str:
        return self.rule
