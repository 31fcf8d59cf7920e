"""What notifications holds of a person."""

from collections.abc import Sequence

from notifications.models import Message
from shop.personal import Rows, personal

FIELDS = (
    "order_number", "kind", "to", "subject", "message_id", "attachments", "state", "begun_at",
    "sent_at",
)  # fmt: skip


@personal("mails")
def mails(numbers: Sequence[str]) -> Rows:
    """Their bodies are not stored."""
    return list(Message.objects.filter(order_number__in=numbers).order_by("id").values(*FIELDS))
