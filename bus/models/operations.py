"""What operators did, and what the relay saw last."""

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


class RelayState(models.Model):
    """One row: the epoch of the broker's memory, what the relay last knew of the broker, and how
    far back the ledger has been pruned."""

    THE_ROW = 1

    id = models.PositiveSmallIntegerField(primary_key=True)
    epoch = models.CharField(max_length=32, blank=True)
    looked_at = models.DateTimeField(null=True)
    broker_error = models.CharField(max_length=200, blank=True)
    forgotten_until = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return "relay"
