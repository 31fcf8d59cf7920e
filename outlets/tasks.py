"""The handlers of outlets. Each destination has its own, declared only if its setting is given."""

import re
from collections.abc import Callable
from datetime import timedelta
from functools import partial

from django.conf import settings

from bus import AfterDone, Queue, Retry, subscribe
from outlets import services
from outlets.client import WebhookClient
from outlets.destinations.connection import Kept
from outlets.destinations.errors import DestinationUnavailable
from outlets.destinations.kinds import Kind, configured, connection
from outlets.events import PUBLIC, WebhookDue
from shop.events import OrderEvent

# Not ordered: what one consumer does not accept must not delay the others. Each event has its place
# in the order's sequence.
QUEUE = Queue("outlets", optional=True)

# Our own database alone: a lock or a lost connection passes in seconds.
OWN_RETRY = Retry(
    on=(), times=8, first_wait=timedelta(seconds=1), longest_wait=timedelta(seconds=30)
)

# A consumer is away for a weekend. 50 tries are five days at least, whatever the jitter; an
# endpoint that accepts nothing for so long is disabled.
WEBHOOK_RETRY = Retry(
    on=(services.WebhookFailed,),
    times=50,
    first_wait=timedelta(seconds=10),
    longest_wait=timedelta(hours=6),
)


# A destination is away for a weekend. Three days of waits, whatever the jitter.
DESTINATION_RETRY = Retry(
    on=(DestinationUnavailable,),
    times=600,
    first_wait=timedelta(seconds=5),
    longest_wait=timedelta(minutes=15),
)


def send_webhook(due: WebhookDue, _key: str, client: WebhookClient) -> AfterDone:
    """Send a webhook to its endpoint."""
    return services.send_webhook(due, client)


def name_of(prefix: str, event: type[OrderEvent]) -> str:
    """The name of a handler of this event: forward_order_placed."""
    return prefix + re.sub(r"(?=[A-Z])", "_", event.__name__).lower()


def subscribe_webhooks() -> None:
    """Declare the handlers of webhooks: one for each event, and the one that sends."""
    for event in PUBLIC:

        def forward(events: list[event]) -> None:  # type: ignore[valid-type]  # a list of this type
            """Publish which webhooks are due."""
            services.forward(events)

        forward.__name__ = name_of("forward", event)
        # Suppressible: a backfill for our own figures must not reach other systems.
        subscribe(event, queue=QUEUE, retry=OWN_RETRY, batch=50, suppressible=True, personal=False)(
            forward
        )
    subscribe(
        WebhookDue,
        queue=QUEUE,
        retry=WEBHOOK_RETRY,
        batch=10,
        external=True,
        repeatable=True,
        using=services.webhook_client,
    )(send_webhook)


def subscribe_destination(kind: Kind) -> None:
    """Forward the chosen events to a destination, those of an order in their order.

    In a queue of its own: a lane is a stream in a queue, and a destination that is away must not
    hold up another.
    """
    queue = Queue(f"{QUEUE.name}-{kind.name}", ordered=True, optional=True)
    for event in PUBLIC:
        if event.__name__ in (settings.OUTLET_EVENTS or [event.__name__]):
            subscribe(
                event,
                queue=queue,
                retry=DESTINATION_RETRY,
                batch=50,
                external=True,
                repeatable=True,
                personal=False,  # what is sent is read from the event's row
                using=partial(connection, kind),
            )(_sender(kind, event))


def _sender(kind: Kind, event: type[OrderEvent]) -> Callable[..., None]:
    def send(event: OrderEvent, _key: str, kept: Kept) -> None:
        """Send an event to the destination."""
        services.send_to_destination(event, kind, kept)

    send.__name__ = name_of(kind.name, event)
    return send


if settings.OUTLET_WEBHOOKS:
    subscribe_webhooks()
for configured_kind in configured():
    subscribe_destination(configured_kind)
