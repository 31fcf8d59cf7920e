"""The endpoints of webhooks, and what each was sent."""

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from outlets.addresses import check_url

PING = "Ping"
"""The type of a test's webhook."""


class Endpoint(models.Model):
    """An address of another system that gets webhooks.

    `secret` and `previous_secret` sign what it is sent; no page, log or event contains them.
    `failing_since` is the first failure after the last success, `failures` counts those since then
    that concern the whole endpoint, and nothing is sent before `paused_until`.
    """

    url = models.CharField("address", max_length=500, validators=[check_url])
    description = models.CharField(max_length=200, blank=True)
    events = models.JSONField(default=list)
    with_customer = models.BooleanField(
        "with the customer's data",
        default=False,
        help_text="Name, addresses and language of the customer are part of what is sent.",
    )
    enabled = models.BooleanField(default=True)
    secret = models.CharField(max_length=100, editable=False)
    previous_secret = models.CharField(max_length=100, blank=True, editable=False)
    previous_until = models.DateTimeField(null=True, editable=False)
    disabled_because = models.CharField(max_length=200, blank=True, editable=False)
    disabled_at = models.DateTimeField(null=True, editable=False)
    failing_since = models.DateTimeField(null=True, editable=False)
    failures = models.PositiveIntegerField(default=0, editable=False)
    paused_until = models.DateTimeField(null=True, editable=False)
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        ordering = ["id"]
        permissions = [("forward_customers", "Can send customers' data to an endpoint")]

    def __str__(self) -> str:
        return self.description or self.url


class State(models.TextChoices):
    WAITING = "waiting"
    SENT = "sent"
    SKIPPED = "skipped"
    FAILED = "failed"


class Webhook(models.Model):
    """One event for one endpoint, with its latest try.

    *Sent* and *skipped* are committed together with the delivery's *done*. The rest is for staff to
    read; the ledger alone decides what is tried again, and when. A test is tried once: it is *sent*
    or *failed*.
    """

    key = models.CharField(max_length=60, unique=True, help_text="The key of its WebhookDue.")
    endpoint = models.ForeignKey(Endpoint, models.PROTECT, related_name="webhooks")
    # Of the table of events, which belongs to another app. None of a test.
    event = models.BigIntegerField(null=True)
    type = models.CharField(max_length=100)
    subject = models.CharField("order", max_length=100, blank=True)
    state = models.CharField(max_length=10, choices=State, default=State.WAITING)
    tries = models.PositiveIntegerField(default=0)
    tried_at = models.DateTimeField("last try", null=True)
    status = models.PositiveSmallIntegerField(null=True, help_text="Of the latest answer (HTTP).")
    took = models.DurationField(null=True, help_text="The latest call.")
    note = models.CharField(max_length=200, blank=True, help_text="Why it is not sent.")
    requested_by = models.CharField(max_length=150, blank=True, help_text="Who had it sent.")
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        ordering = ["-id"]
        permissions = [("resend_webhook", "Can send webhooks again")]
        indexes = [
            models.Index(fields=["endpoint", "-id"], name="outlets_webhook_of_endpoint"),
            models.Index(fields=["subject"], name="outlets_webhook_of_order"),
            models.Index(
                fields=["endpoint", "event"],
                name="outlets_webhook_waiting",
                condition=Q(state=State.WAITING),
            ),
        ]
        constraints = [
            models.CheckConstraint(
                condition=~Q(state=State.SENT) | Q(status__isnull=False),
                name="outlets_webhook_sent_has_status",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.type} {self.subject}".strip()
