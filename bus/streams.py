"""Queries about one stream, for pages of those whom it concerns."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Exists, OuterRef, Q
from django.db.models.functions import Coalesce

from bus import handlers
from bus.models import IN_FLIGHT, Delivery, Event, State


def in_progress(stream: str) -> bool:
    """Whether the stream has an event to fan out, or a delivery that is waiting or in flight."""
    at_work = Delivery.objects.filter(event=OuterRef("pk"), state__in=[State.WAITING, *IN_FLIGHT])
    going = Event.objects.filter(Q(outbox__isnull=False) | Exists(at_work), stream=stream)
    return going.exists()


@dataclass(frozen=True)
class StageState:
    """The state of one delivery whose handler declares a stage."""

    stage: str
    state: str
    at: datetime
    """When it was done or died, or else when it is due."""


def declared_stages(stream: str) -> list[StageState]:
    """The stream's deliveries whose handler declares a stage, in the order of the events.

    Done and discarded ones are pruned after a while; open and dead ones are not.
    """
    stages = {one.name: one.stage for one in handlers.declared() if one.stage}
    rows = (
        Delivery.objects.filter(event__stream=stream, subscription__name__in=stages)
        .order_by("event_id", "id")
        .values_list("subscription__name", "state", Coalesce("closed_at", "due_at"))
    )
    return [StageState(stages[name], state, at) for name, state, at in rows]


@dataclass(frozen=True)
class Published:
    """An event without its personal data. Events are never pruned."""

    type: str
    data: dict[str, Any]
    at: datetime


def events_of(stream: str) -> list[Published]:
    """All events of the stream, oldest first."""
    rows = Event.objects.filter(stream=stream).order_by("id")
    return [Published(*row) for row in rows.values_list("type", "data", "at")]
