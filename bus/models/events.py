"""Events, their personal data, and the outbox."""

import uuid
from typing import Any

from django.db import models
from django.db.models.functions import Now

from bus import conf
from bus.sealing import Stored


class Event(models.Model):
    """One event as it was published. The database refuses to update or delete a row."""

    uuid = models.UUIDField(default=uuid.uuid4, editable=False)
    type = models.CharField(max_length=100)
    version = models.PositiveSmallIntegerField()
    stream = models.CharField(max_length=100)
    # NULL for events without a key: the constraint allows any number of them.
    key = models.CharField(  # noqa: DJ001 -- see above
        max_length=200,
        null=True,
        help_text="What can happen only once in the stream, or nothing.",
    )
    data = models.JSONField()
    at = models.DateTimeField(db_default=Now())
    correlation = models.UUIDField(help_text="The first event of the chain this one is part of.")
    causation = models.UUIDField(null=True, help_text="The event that led to this one.")
    traceparent = models.CharField(max_length=55, blank=True, help_text="W3C Trace Context.")
    suppressed = models.BooleanField(
        db_column="quiet",
        db_default=False,
        help_text="Part of a backfill with --suppressed: suppressible handlers do not run.",
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["stream", "key"], name="bus_event_once_per_stream")
        ]
        indexes = [
            models.Index(fields=["type", "id"], name="bus_event_history"),
            models.Index(fields=["at"], name="bus_event_at"),
        ]

    def __str__(self) -> str:
        return f"{self.type} {self.stream}"

    def personal_data(self) -> dict[str, Any] | None:
        """Its personal data; None if it has none, or none any more.

        Select `personal__person` with the event, or each is a query of its own.

        Raises:
            CannotDecrypt: its master key is not in the settings.
        """
        row: PersonalData | None = getattr(self, "personal", None)
        return row.content(self) if row else None

    def envelope(self) -> dict[str, Any]:
        """The event as a CloudEvents 1.0 envelope, without personal data."""
        optional = {
            "causationid": str(self.causation) if self.causation else None,
            "traceparent": self.traceparent or None,
        }
        return {
            "specversion": "1.0",
            "id": str(self.uuid),
            "source": conf.source(),
            "type": self.type,
            "subject": self.stream,
            "time": self.at.isoformat(),
            "sequence": str(self.pk),
            "dataversion": str(self.version),
            "correlationid": str(self.correlation),
            "datacontenttype": "application/json",
            "data": self.data,
        } | {name: value for name, value in optional.items() if value}


class Person(models.Model):
    """The key of a person's personal data. Without it, that can be read by no one."""

    digest = models.CharField(max_length=64, unique=True)
    secret = models.CharField(max_length=120, help_text="Encrypted by the master key it names.")

    class Meta:
        verbose_name = "key of a person"
        verbose_name_plural = "keys of persons"

    def __str__(self) -> str:
        return f"key {self.pk}"


class PersonalData(models.Model):
    """The personal data of an event, which can be erased without the event."""

    event = models.OneToOneField(Event, models.CASCADE, primary_key=True, related_name="personal")
    data = models.JSONField(help_text="An object in clear, or a text that `person` has the key of.")
    # Without a constraint: a key may be gone, and adding one would hold up all who publish.
    person = models.ForeignKey(
        Person, models.DO_NOTHING, null=True, db_constraint=False, db_index=False
    )

    class Meta:
        indexes = [
            models.Index(
                fields=["person"],
                name="bus_personaldata_of",
                condition=models.Q(person__isnull=False),
            )
        ]
        verbose_name_plural = "personal data"

    def __str__(self) -> str:
        return f"personal data of event {self.event_id}"

    def content(self, event: Event | None = None) -> dict[str, Any] | None:
        """The data in clear; None if the person's key was erased.

        Raises:
            CannotDecrypt: its master key is not in the settings.
        """
        try:
            secret = self.person.secret if self.person else None
        except Person.DoesNotExist:
            secret = None
        return Stored(self.data, secret, (event or self.event).uuid).opened()


class Outbox(models.Model):
    """An event whose deliveries are not in the ledger yet."""

    event = models.OneToOneField(Event, models.CASCADE, primary_key=True)

    class Meta:
        verbose_name_plural = "outbox"

    def __str__(self) -> str:
        return f"event {self.event_id} to fan out"
