"""Endpoints and webhooks in the admin."""

from outlets.admin.endpoint import EndpointAdmin
from outlets.admin.webhook import WebhookAdmin

__all__ = ["EndpointAdmin", "WebhookAdmin"]
