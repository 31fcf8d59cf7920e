"""Sending one webhook, and what the answer means for it and for its endpoint."""

import random
import time
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.utils import timezone

from bus import AfterDone, TryLater
from bus.models import Event
from outlets.client import Answer, Unreachable, WebhookClient
from outlets.cloudevents import CONTENT_TYPE, CloudEvent, cloud_event
from outlets.events import WebhookDue
from outlets.models import PING, State, Webhook
from outlets.services import endpoints
from shop.signing import signed_headers


class WebhookFailed(Exception):
    """The endpoint did not accept the webhook; it is tried again."""


def send_webhook(due: WebhookDue, client: WebhookClient) -> AfterDone:
    """Send it; the returned function records *sent* or *skipped* together with *done*.

    Skipped is what is for an endpoint that is disabled, or that this very answer disables: 410, or
    a failure after days of failures. A test is sent all the same, once, and may end as *failed*.

    Raises:
        TryLater: the endpoint asks for a pause, or is paused after a failure.
        WebhookFailed: anything but a 2xx, or no answer.
    """
    webhook = Webhook.objects.select_related("endpoint").get(key=due.webhook)
    endpoint, is_test = webhook.endpoint, webhook.type == PING
    if not is_test:
        if not endpoint.enabled:
            return partial(_end, webhook, State.SKIPPED, note="The endpoint is disabled.")
        _wait_while_paused(webhook)
    begun, error = time.monotonic(), ""
    answer: Answer | None = None
    try:
        answer = _post(webhook, client)
    except Unreachable as unreachable:
        error = str(unreachable)
    seen = {
        "tries": F("tries") + 1,
        "tried_at": timezone.now(),
        "status": answer and answer.status,
        "took": timedelta(seconds=time.monotonic() - begun),
    }
    if answer and answer.is_accepted:
        return partial(_sent, webhook, seen)
    note = f"It answered {answer.status}." if answer else error
    if is_test:
        return partial(_end, webhook, State.FAILED, note=note, **seen)
    if answer and answer.is_gone:
        return partial(_gone, webhook, seen)
    return _failed(webhook, answer, note, seen)


def _wait_while_paused(webhook: Webhook) -> None:
    """What has been called waits for the pause, and finds out whether the endpoint is back; the
    rest waits for as long again as the endpoint has failed, more or less, so that a backlog is not
    started whole at the end of every pause."""
    endpoint, now = webhook.endpoint, timezone.now()
    if not endpoint.paused_until or endpoint.paused_until <= now:
        return
    wait = endpoint.paused_until - now
    if not webhook.tries:
        wait += random.random() * endpoints.longest_spread(endpoint, now)  # noqa: S311  no secret
    raise TryLater(f"Endpoint {endpoint.pk} is paused.", wait)


def _post(webhook: Webhook, client: WebhookClient) -> Answer:
    event = _test_event(webhook) if webhook.type == PING else _event(webhook)
    body, secrets = event.encode(), endpoints.valid_secrets(webhook.endpoint)
    # The timestamp is that of this try: the receiver refuses what was recorded and sent again.
    headers = signed_headers(event.id, int(time.time()), body, *secrets)
    return client.post(webhook.endpoint.url, body, {"content-type": CONTENT_TYPE, **headers})


def _event(webhook: Webhook) -> CloudEvent:
    row = Event.objects.select_related("personal__person").get(pk=webhook.event)
    return cloud_event(row, with_customer=webhook.endpoint.with_customer)


def _test_event(webhook: Webhook) -> CloudEvent:
    at: datetime = webhook.created_at
    return CloudEvent(
        specversion="1.0",
        id=webhook.key,
        source=settings.BUS_SOURCE,
        type=PING,
        subject="test",
        time=at.isoformat(),
        datacontenttype="application/json",
        dataversion="1",
        sequence="0",
        partitionkey="test",
        correlationid=webhook.key,
        data={},
    )


def _failed(webhook: Webhook, answer: Answer | None, note: str, seen: dict[str, Any]) -> AfterDone:
    """Record the try and the endpoint's failure, committed at once, and raise; or skip it."""
    endpoint = webhook.endpoint
    asked = answer.pause if answer and answer.concerns_endpoint else None
    pause = None
    if answer is None or answer.concerns_endpoint:
        pause = max(asked or timedelta(0), endpoints.pause_after(endpoint))
    with transaction.atomic():
        Webhook.objects.filter(pk=webhook.pk).update(note=note[:200], **seen)
        is_dead = endpoints.note_failure(endpoint, pause)
    if is_dead:
        return partial(_end, webhook, State.SKIPPED, note="The endpoint was disabled.")
    what = f"Endpoint {endpoint.pk}: {note}"
    if asked is not None:
        raise TryLater(what, asked)
    raise WebhookFailed(what)


def _sent(webhook: Webhook, seen: dict[str, Any]) -> None:
    _end(webhook, State.SENT, note="", **seen)
    endpoints.note_success(webhook.endpoint)


def _gone(webhook: Webhook, seen: dict[str, Any]) -> None:
    _end(webhook, State.SKIPPED, note="It answered 410.", **seen)
    endpoints.disable(endpoints.as_called(webhook.endpoint), "It answered 410 (gone).")


def _end(webhook: Webhook, state: State, *, note: str, **seen: object) -> None:
    Webhook.objects.filter(pk=webhook.pk).update(state=state, note=note[:200], **seen)
