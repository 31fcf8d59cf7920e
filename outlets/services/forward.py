"""From an event to the webhooks that are due: one for each endpoint that wants it."""

from collections.abc import Sequence
from uuid import uuid4

from django.conf import settings
from django.db import transaction

from bus import publish
from outlets.events import WebhookDue
from outlets.models import PING, Endpoint, Webhook
from outlets.selectors import rows_of, to_be_sent
from shop.events import OrderEvent

OFF = (
    "Webhooks are off. Set OUTLET_WEBHOOKS=1, restart the shop, and start a worker of the queue "
    "outlets."
)


class Refused(Exception):
    """It would not be sent, or twice; the message says why."""


def forward(events: Sequence[OrderEvent]) -> None:
    """Publish that webhooks of these events, all of one type, are due.

    Handled again, it adds those alone that are missing.
    """
    name = type(events[0]).__name__
    endpoints = [one for one in Endpoint.objects.filter(enabled=True) if name in one.events]
    if not endpoints:
        return
    rows = list(zip(events, rows_of(events), strict=True))
    wanted = {f"{one.pk}-{row.pk}": (one, event, row) for one in endpoints for event, row in rows}
    for key in Webhook.objects.filter(key__in=wanted).values_list("key", flat=True):
        del wanted[key]
    Webhook.objects.bulk_create(
        Webhook(key=key, endpoint=one, event=row.pk, type=name, subject=row.stream)
        for key, (one, _event, row) in wanted.items()
    )
    for key, (one, event, _row) in wanted.items():
        publish(WebhookDue(endpoint=one.pk, webhook=key), cause=event)


def ping(endpoint: Endpoint, by: str) -> None:
    """Send a test to an endpoint, which may be disabled; `by` is the user who wants it.

    Raises:
        Refused: webhooks are off, or an earlier test has not been sent yet.
    """
    _need_webhooks()
    with transaction.atomic():
        # Locked, so that of two at once the second finds the first.
        Endpoint.objects.select_for_update(no_key=True).get(pk=endpoint.pk)
        if to_be_sent(endpoint.webhooks.filter(type=PING)):
            raise Refused("An earlier test is still waiting to be sent.")
        _publish(Webhook(endpoint=endpoint, type=PING, requested_by=by), "ping")


def send_again(webhook: Webhook, by: str) -> None:
    """Send a webhook once more, with the same id: a consumer that had it ignores it.

    Raises:
        Refused: webhooks are off, its endpoint is disabled, or it or an earlier repeat has not been
            sent yet.
    """
    _need_webhooks()
    with transaction.atomic():
        endpoint = Endpoint.objects.select_for_update(no_key=True).get(pk=webhook.endpoint_id)
        if not endpoint.enabled:
            raise Refused(f"{endpoint} is disabled; enable it first.")
        same = Webhook.objects.filter(endpoint=webhook.endpoint_id, event=webhook.event)
        if to_be_sent(same):
            raise Refused(f"{webhook} is still waiting to be sent.")
        again = Webhook(
            endpoint_id=webhook.endpoint_id,
            event=webhook.event,
            type=webhook.type,
            subject=webhook.subject,
            requested_by=by,
        )
        _publish(again, "again")


def _need_webhooks() -> None:
    if not settings.OUTLET_WEBHOOKS:
        raise Refused(OFF)


def _publish(webhook: Webhook, why: str) -> None:
    webhook.key = f"{webhook.endpoint_id}-{why}-{uuid4().hex}"
    webhook.save()
    publish(WebhookDue(endpoint=webhook.endpoint_id, webhook=webhook.key))
