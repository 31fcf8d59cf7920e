"""Helpers for tests of apps: publish events, run the handlers, read the ledger."""

from django.db import transaction
from django.db.models.functions import Now

from bus.events import DomainEvent
from bus.models import Delivery, State
from bus.publishing import publish
from bus.relay.drain import drain
from bus.worker.registration import register


def given(*events: DomainEvent) -> None:
    """Publish these events, in their order, each in a transaction."""
    for event in events:
        with transaction.atomic():
            publish(event)


def settle(queue: str | None = None) -> None:
    """Handle all due deliveries of every subscription in this process, without a broker.

    With `queue` only the subscriptions of that queue are registered.
    """
    register(queue)
    for _task, _outcome in drain():
        pass


def end_waits() -> None:
    """Make all waiting deliveries due: the next `settle` tries them again."""
    Delivery.objects.filter(state=State.WAITING).update(due_at=Now())


def state_of(subscription: str, stream: str) -> str:
    """The state of the one delivery of a stream for a subscription."""
    return Delivery.objects.get(subscription__name=subscription, stream=stream).state
