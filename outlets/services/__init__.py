"""The services of outlets: forward events, send webhooks, maintain endpoints."""

from outlets.client import webhook_client
from outlets.services.destinations import send_to_destination
from outlets.services.endpoints import enable, forget_failures, resume, rotate_secret, set_up
from outlets.services.forward import OFF, Refused, forward, ping, send_again
from outlets.services.retention import prune
from outlets.services.send import WebhookFailed, send_webhook

__all__ = [
    "OFF",
    "Refused",
    "WebhookFailed",
    "enable",
    "forget_failures",
    "forward",
    "ping",
    "prune",
    "resume",
    "rotate_secret",
    "send_again",
    "send_to_destination",
    "send_webhook",
    "set_up",
    "webhook_client",
]
