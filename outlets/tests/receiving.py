"""What a consumer computes, and what the ledger says of webhooks."""

import base64
import hashlib
import hmac

from bus.models import Delivery
from bus.testing import end_waits, settle
from outlets.models import Endpoint
from tests.support.http_stub import Received


def signatures(received: Received, *secrets: str) -> list[str]:
    """What a receiver computes by Standard Webhooks."""
    key, timestamp = received.headers["webhook-id"], received.headers["webhook-timestamp"]
    content = f"{key}.{timestamp}.".encode() + received.body
    digests = (
        hmac.digest(base64.b64decode(secret.removeprefix("whsec_")), content, hashlib.sha256)
        for secret in secrets
    )
    return [f"v1,{base64.b64encode(digest).decode()}" for digest in digests]


def states() -> list[str]:
    """Of the deliveries of webhooks, in the order of their events."""
    rows = Delivery.objects.filter(subscription__name="outlets.tasks.send_webhook")
    return list(rows.order_by("event_id").values_list("state", flat=True))


def retry() -> None:
    """Let the waits of deliveries and endpoints pass."""
    Endpoint.objects.update(paused_until=None)
    end_waits()
    settle("outlets")
