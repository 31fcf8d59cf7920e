"""The ledger: one delivery for each event and subscription, and what became of it."""

from typing import Any

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils import timezone

from bus.models.events import Event


class State(models.TextChoices):
    WAITING = "waiting"
    SENT = "sent"
    RUNNING = "running"
    SENDING = "sending"
    DONE = "done"
    DEAD = "dead"
    DISCARDED = "discarded"


IN_FLIGHT = (State.SENT, State.RUNNING, State.SENDING)
OPEN = (State.WAITING, *IN_FLIGHT, State.DEAD)
"""What a stream still waits for, and what holds a lane."""

INDEXED = (Q(state=State.WAITING), Q(state__in=IN_FLIGHT), Q(state=State.DEAD))
"""What is open in three parts, each of which an index of its own finds among all that is done.

SQLite does so where a part is one state alone.
"""

IS_OPEN = INDEXED[0] | INDEXED[1] | INDEXED[2]
"""All of it as one condition, so that nothing slips from one part to another meanwhile.

SQLite answers it by reading the whole ledger.
"""


class Queue(models.Model):
    """A Celery queue. Its row is the lock under which one relay at a time claims from it."""

    id = models.SmallAutoField(primary_key=True)
    name = models.CharField(max_length=50, unique=True)

    def __str__(self) -> str:
        return self.name


class Subscription(models.Model):
    """One handler to one type of event, as its workers registered it."""

    id = models.SmallAutoField(primary_key=True)
    name = models.CharField(max_length=150, unique=True)
    event_type = models.CharField(max_length=100)
    queue = models.ForeignKey(Queue, models.PROTECT)
    batch = models.PositiveSmallIntegerField()
    window = models.PositiveIntegerField(help_text="Deliveries in Redis or running at a time.")
    ordered = models.BooleanField()
    external = models.BooleanField(
        db_column="outside", help_text="Its effect is outside of this database."
    )
    repeatable = models.BooleanField()
    suppressible = models.BooleanField(
        db_column="visible", db_default=True, help_text="Left out of a quiet backfill."
    )
    retry = models.CharField("waits", max_length=500)
    registered_at = models.DateTimeField(db_default=Now())
    paused_at = models.DateTimeField(null=True, blank=True)
    held_until = models.DateTimeField(
        null=True, blank=True, help_text="Not claimed until then, while a backfill is at work."
    )
    retired_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["event_type", "name"]

    def __str__(self) -> str:
        return self.name

    @property
    def status(self) -> str:
        """Whether it gets work, in a word for people."""
        if self.retired_at:
            return "retired"
        if self.paused_at:
            return "paused"
        return "held" if self.held_until and self.held_until > timezone.now() else "active"


class Delivery(models.Model):
    """One event for one subscription.

    `token` is the fence: it changes at every send, every start and every *deliver again*, and
    every closing update asks for it. `attempts` counts bodies begun, of which `uncounted` cost no
    try. What the handler of a `quiet` delivery publishes is quiet, too.

    Three times, each for one question. `due_at`: when may the relay claim it? `due_since`: since
    when has it been open? `retry_at`: when did the wait after its last failure end? A rescue, a
    renewed lease and a release move `due_at` alone, so they hide no standstill.
    """

    event = models.ForeignKey(Event, models.PROTECT, db_index=False)
    subscription = models.ForeignKey(Subscription, models.PROTECT, db_index=False)
    queue = models.ForeignKey(Queue, models.PROTECT, db_index=False)
    stream = models.CharField(max_length=100)
    ordered = models.BooleanField()
    state = models.CharField(max_length=10, choices=State, db_default=State.WAITING)
    due_at = models.DateTimeField(db_default=Now())
    due_since = models.DateTimeField(db_default=Now())
    retry_at = models.DateTimeField(null=True)
    token = models.IntegerField(db_default=0)
    attempts = models.PositiveSmallIntegerField(db_default=0)
    uncounted = models.PositiveSmallIntegerField(
        db_default=0, help_text="Tries that cost none: pauses asked for, trouble of the database."
    )
    crashes = models.PositiveSmallIntegerField(db_default=0)
    ambiguous = models.PositiveSmallIntegerField(db_default=0)
    alone = models.BooleanField(db_default=False, help_text="Sent in a message of its own.")
    suppressed = models.BooleanField(
        db_column="quiet", db_default=False, help_text="So are the events it leads to."
    )
    lease_until = models.DateTimeField(null=True)
    closed_at = models.DateTimeField(null=True)
    error = models.TextField(db_default="", blank=True)

    class Meta:
        verbose_name_plural = "deliveries"
        permissions = [("operate", "Can deliver again, discard, pause and resume")]
        constraints = [
            models.UniqueConstraint(
                fields=["event", "subscription"], name="bus_delivery_once_per_subscription"
            )
        ]
        indexes = [
            models.Index(
                fields=["subscription", "due_at", "id"],
                name="bus_delivery_due",
                condition=Q(state=State.WAITING),
            ),
            models.Index(
                fields=["subscription", "lease_until"],
                name="bus_delivery_in_flight",
                condition=Q(state__in=IN_FLIGHT),
            ),
            models.Index(
                fields=["stream", "queue", "event"],
                name="bus_delivery_lane",
                # What is not ordered stands in no lane. And so no look at what is due can be made
                # through this index, which PostgreSQL tried whenever it took it for empty.
                condition=Q(ordered=True, state__in=OPEN),
            ),
            models.Index(
                fields=["subscription", "id"],
                name="bus_delivery_dead",
                condition=Q(state=State.DEAD),
            ),
        ]

    def __str__(self) -> str:
        return f"delivery {self.pk}"

    @property
    def key(self) -> str:
        """The same at every try; safe as the left part of a Message-ID (RFC 5322)."""
        return delivery_key(self.event.uuid, self.subscription.name)


def delivery_key(event_uuid: Any, subscription: str) -> str:
    """What an outside effect is known by on the other side."""
    handler = subscription.replace(".tasks.", ".").replace("_", "-")
    return f"{event_uuid}.{handler}"
