"""The forms of endpoints and webhooks."""

from outlets.models import Endpoint, Webhook
from tests.submissions.case import Case, changes, happened
from tests.submissions.rows import a_webhook, an_endpoint, page_of

ENDPOINTS = {
    "endpoint.add": Case(
        lambda: page_of("outlets_endpoint_add"),
        {"url": "https://example.com/hook", "events": ["OrderPlaced"]},
        Endpoint.objects.count,
        ("was added.",),
    ),
    "endpoint.change": Case(
        lambda: page_of("outlets_endpoint_change", an_endpoint().pk),
        {"description": "The accountant's"},
        changes("change", "endpoint"),
    ),
    "endpoint.ping": Case(
        lambda: page_of("outlets_endpoint_ping", an_endpoint().pk),
        {},
        happened("WebhookDue"),
        ("on its way",),
    ),
    "endpoint.renew_secret": Case(
        lambda: page_of("outlets_endpoint_renew_secret", an_endpoint().pk),
        {},
        changes("change", "endpoint"),
        ("has a new secret.",),
    ),
    "webhook.send_again": Case(
        lambda: (a_webhook(), page_of("outlets_webhook_changelist"))[1],
        {"action": "send_again", "_selected_action": lambda: Webhook.objects.get().pk},
        happened("WebhookDue"),
        ("will be sent to",),
    ),
}
