"""Queries on endpoints, webhooks and the events that are forwarded."""

from collections.abc import Sequence

from django.db.models import Exists, OuterRef, Q, QuerySet

from bus.models import IN_FLIGHT, Delivery, Event
from bus.models import State as DeliveryState
from outlets.events import WebhookDue
from outlets.models import Endpoint, State, Webhook
from shop.events import OrderEvent

LATEST = 20
"""Webhooks on the page of an endpoint."""


def rows_of(events: Sequence[OrderEvent]) -> list[Event]:
    """The rows of the events, in the same order, with their personal data; one query."""
    rows = Event.objects.select_related("personal").filter(
        stream__in={event.stream for event in events}, key__in={event.key for event in events}
    )
    by_key = {(row.stream, row.key): row for row in rows}
    return [by_key[event.stream, event.key] for event in events]


def to_be_sent(webhooks: QuerySet[Webhook]) -> bool:
    """Whether one of them waits for its first try or another; one whose delivery is dead does not.

    The ledger tells: nothing of a webhook's row changes when its delivery dies or is discarded.
    """
    dues = [
        WebhookDue(endpoint=one.endpoint_id, webhook=one.key)
        for one in webhooks.filter(state=State.WAITING)
    ]
    at_work = Delivery.objects.filter(
        event=OuterRef("pk"), state__in=[DeliveryState.WAITING, *IN_FLIGHT]
    )
    return Event.objects.filter(
        Q(outbox__isnull=False) | Exists(at_work),
        stream__in={due.stream for due in dues},
        key__in={due.key for due in dues},
    ).exists()


def latest(endpoint: Endpoint) -> QuerySet[Webhook]:
    """The endpoint's latest webhooks, the newest first."""
    return endpoint.webhooks.all()[:LATEST]


def disabled_by_shop() -> QuerySet[Endpoint]:
    """Endpoints that the shop disabled, and not staff; the earliest first."""
    return (
        Endpoint.objects.filter(enabled=False).exclude(disabled_because="").order_by("disabled_at")
    )
