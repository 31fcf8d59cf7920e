"""The record of every mail to a customer."""

from django.db import models
from django.db.models import Q


class Kind(models.TextChoices):
    ORDER_CONFIRMATION = "order confirmation", "Order confirmation"
    CANCELLATION = "cancellation"
    REJECTION = "rejection"
    INVOICE = "invoice"
    CREDIT_NOTE = "credit note", "Credit note"
    DISPATCH_NOTICE = "dispatch notice", "Dispatch notice"


class State(models.TextChoices):
    SENDING = "sending"
    DELAYED = "delayed"
    UNCLEAR = "unclear"
    SENT = "sent"
    REFUSED = "refused"
    SKIPPED = "skipped"


class Message(models.Model):
    """One mail. Its bodies are not stored: they are rendered again from its event.

    *Sent* is committed together with the delivery's *done*. The states before it are for staff to
    read; the ledger alone decides what is retried, and when.
    """

    key = models.CharField(
        max_length=150, unique=True, help_text="The delivery's key: one mail per delivery."
    )
    kind = models.CharField(max_length=20, choices=Kind)
    order_number = models.CharField(max_length=100)
    order_id = models.UUIDField()
    about = models.CharField(max_length=200, help_text="The key of the event it tells of.")
    subject = models.CharField(max_length=255)
    to = models.EmailField(max_length=320)
    message_id = models.CharField("Message-ID", max_length=320)
    attachments = models.JSONField(default=list, help_text="Names in the shop's storage.")
    state = models.CharField(max_length=10, choices=State, default=State.SENDING)
    begun_at = models.DateTimeField(help_text="When the latest try began.")
    sent_at = models.DateTimeField(null=True, blank=True)
    note = models.CharField(max_length=500, blank=True, help_text="Why it is not sent.")
    original = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="repeats"
    )
    asked_by = models.CharField(max_length=150, blank=True, help_text="Who had it sent again.")
    asked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-begun_at", "-id"]
        permissions = [("resend_message", "Can send a mail again")]
        constraints = [
            models.CheckConstraint(
                condition=Q(state=State.SENT, sent_at__isnull=False)
                | (~Q(state=State.SENT) & Q(sent_at__isnull=True)),
                name="notifications_message_sent_has_its_instant",
            ),
            models.CheckConstraint(
                condition=Q(original__isnull=True, asked_at__isnull=True)
                | Q(original__isnull=False, asked_at__isnull=False),
                name="notifications_message_repeat_was_asked_for",
            ),
        ]
        indexes = [
            models.Index(fields=["order_number", "kind"], name="notifications_message_order"),
            models.Index(fields=["-begun_at", "-id"], name="notifications_message_latest"),
            models.Index(fields=["state", "begun_at"], name="notifications_message_state"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.order_number}"
