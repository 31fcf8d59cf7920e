"""The ledger: one delivery for each event and subscription, with its state."""

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
"""The states that hold a lane, and for which a stream is not settled."""

INDEXED = (Q(state=State.WAITING), Q(state__in=IN_FLIGHT), Q(state=State.DEAD))
"""The open states in three parts, each of which has an index of its own.

SQLite uses one only if the part is a single state.
"""

IS_OPEN = INDEXED[0] | INDEXED[1] | INDEXED[2]
"""The parts as one condition, so that no delivery can move from one part to another meanwhile.

SQLite answers it by reading the whole ledger.
"""


class Queue(models.Model):
    """A Celery queue. Its row is the lock under which one relay at a time claims from it."""

    id = models.SmallAutoField(primary_key=True)
    name = models.CharField(max_length=50, unique=True)
    rate = models.FloatField(null=True, help_text="So many deliveries a second are claimed.")
    at_once = models.PositiveSmallIntegerField(
        null=True, help_text="So many deliveries are in flight at most."
    )
    empty_at = models.DateTimeField(
        null=True, help_text="The bucket of the rate was empty then, and has been filling since."
    )

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
    after = models.PositiveIntegerField(
        db_default=0, help_text="So many seconds after its event a delivery is due."
    )
    unless = models.CharField(
        max_length=100,
        db_default="",
        blank=True,
        help_text="The event that makes a delivery pointless: it is discarded when it is due.",
    )
    external = models.BooleanField(
        db_column="outside", help_text="Its effect is outside of this database."
    )
    repeatable = models.BooleanField()
    suppressible = models.BooleanField(
        db_column="visible",
        db_default=True,
        help_text="Does not run in a backfill with --suppressed.",
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
        permissions = [
            ("pause_subscription", "Can pause and resume subscriptions"),
            ("retire_subscription", "Can retire subscriptions"),
            ("backfill_subscription", "Can backfill subscriptions"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def status(self) -> str:
        """Whether it is retired, paused, held or active."""
        if self.retired_at:
            return "retired"
        if self.paused_at:
            return "paused"
        return "held" if self.held_until and self.held_until > timezone.now() else "active"


class Delivery(models.Model):
    """One event for one subscription.

    `token` is the fence: it changes at every claim, start, *deliver again* and *discard*, and when
    a message could not be sent. It is compared before a delivery is finished. `attempts` counts
    starts, of which `uncounted` used up no try. Events that the handler of a `suppressed` delivery
    publishes are suppressed, too.

    Three instants. `due_at`: the relay may claim it from then on. `due_since`: it has been open
    since then. `retry_at`: the wait after its last failure ended then. A lost message, a renewed
    lease and a release at once change neither of the last two, so they hide no stalled delivery.
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
    bulk = models.BooleanField(
        db_default=False,
        help_text="Backfilled, or delivered again by an operator: live ones are claimed first.",
    )
    # NULL, so that the index leaves out what has not failed, and the column can be added at once.
    failure_key = models.CharField(  # noqa: DJ001 -- see above
        max_length=16,
        null=True,
        editable=False,
        help_text="The group of its last failure, while it is open.",
    )

    class Meta:
        verbose_name_plural = "deliveries"
        permissions = [
            ("redeliver_delivery", "Can deliver again"),
            ("discard_delivery", "Can discard deliveries"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["event", "subscription"], name="bus_delivery_once_per_subscription"
            )
        ]
        indexes = [
            models.Index(
                fields=["subscription", "bulk", "due_at", "id"],
                name="bus_delivery_waiting",
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
                # Unordered deliveries are in no lane. The condition also keeps PostgreSQL from
                # using this index for a poll, as it did when its statistics said it was empty.
                condition=Q(ordered=True, state__in=OPEN),
            ),
            models.Index(
                fields=["subscription", "id"],
                name="bus_delivery_dead",
                condition=Q(state=State.DEAD),
            ),
            models.Index(
                fields=["failure_key", "state", "id"],
                name="bus_delivery_failing",
                condition=Q(failure_key__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"delivery {self.pk}"

    @property
    def key(self) -> str:
        """The same at every try; safe as the left part of a Message-ID (RFC 5322)."""
        return delivery_key(self.event.uuid, self.subscription.name)


def delivery_key(event_uuid: Any, subscription: str) -> str:
    """The key by which the other side recognises an external effect."""
    handler = subscription.replace(".tasks.", ".").replace("_", "-")
    return f"{event_uuid}.{handler}"
