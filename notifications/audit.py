"""What must hold between the mails on record and the ledger."""

from collections.abc import Iterable
from datetime import timedelta

from django.db.models import QuerySet
from django.utils import timezone

from bus.audit import Finding, check
from bus.models import Delivery
from bus.models import State as DeliveryState
from bus.selectors import settled
from notifications.models import Message, State

LONGEST_SILENCE = timedelta(hours=2)
"""Above the longest wait of the retry policy with the longest send."""

CHUNK = 500


@check("every mail that is done is on record as sent or skipped")
def done_deliveries_are_on_record() -> Iterable[Finding]:
    done = Delivery.objects.filter(queue__name="notifications", state=DeliveryState.DONE)
    for chunk in _chunks(done):
        closed = Message.objects.filter(key__in=chunk, state__in=[State.SENT, State.SKIPPED])
        recorded = set(closed.values_list("key", flat=True))
        for key, stream in chunk.items():
            if key not in recorded:
                yield Finding(subject=stream, what=f"has no sent mail for {key}")


@check("every mail that was begun came to an end")
def no_mail_is_stuck() -> Iterable[Finding]:
    stuck = Message.objects.filter(
        state=State.SENDING, begun_at__lt=timezone.now() - LONGEST_SILENCE
    )
    for number, key in stuck.values_list("order_number", "key"):
        # A worker that died in the middle leaves it so, and the ledger tries again: not a fault.
        if not settled(number):
            continue
        yield Finding(subject=number, what=f"has a mail that was begun and never ended: {key}")


def _chunks(deliveries: QuerySet[Delivery]) -> Iterable[dict[str, str]]:
    """Keys and streams of the deliveries, `CHUNK` at a time: the ledger is long."""
    chunk: dict[str, str] = {}
    rows = deliveries.select_related("event", "subscription").order_by("id")
    for delivery in rows.iterator(chunk_size=CHUNK):
        chunk[delivery.key] = delivery.stream
        if len(chunk) == CHUNK:
            yield chunk
            chunk = {}
    yield chunk
