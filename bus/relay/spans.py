"""Spans of what a relay has sent, each in the trace of its event."""

from collections.abc import Iterable

from bus import spans
from bus.models import Delivery
from bus.spans import Kind
from bus.store.claims import Batch


def record_sent(batches: Iterable[Batch], began_at: float) -> None:
    """Record a span for each delivery; one query, and none where nothing records."""
    if not spans.are_recorded():
        return
    tasks = {pk: batch.task for batch in batches for pk, _token in batch.tickets}
    rows = Delivery.objects.filter(pk__in=tasks).values_list(
        "pk", "stream", "event__uuid", "event__traceparent"
    )
    for pk, stream, event, traceparent in rows:
        about = {"subscription": tasks[pk], "stream": stream, "event": str(event), "delivery": pk}
        spans.record(f"send {tasks[pk]}", Kind.PRODUCER, traceparent, began_at, about)
