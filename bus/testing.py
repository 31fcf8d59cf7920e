"""What tests of the rooms need of the bus: state events, let them happen, look at the ledger."""

from django.db import transaction

from bus.events import DomainEvent
from bus.models import Delivery
from bus.publishing import publish
from bus.relay.drain import drain
from bus.worker.registration import register


def given(*events: DomainEvent) -> None:
    """State these events, in their order, as if their publishers had."""
    for event in events:
        with transaction.atomic():
            publish(event)


def settle(queue: str | None = None) -> None:
    """Let every subscription do what is due, in this process and without a broker.

    With `queue`, only that room listens: what the others would do stays out of the test.
    """
    register(queue)
    for _task, _outcome in drain():
        pass


def state_of(subscription: str, stream: str) -> str:
    """The state of the one delivery of a stream for a subscription."""
    return Delivery.objects.get(subscription__name=subscription, stream=stream).state
