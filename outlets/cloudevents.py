"""An event as other systems get it: CloudEvents 1.0 as JSON (cloudevents.io)."""

from typing import Any, Literal

import msgspec

from bus.models import Event
from shop.events import OrderCancelled

CONTENT_TYPE = "application/cloudevents+json; charset=UTF-8"


class CloudEvent(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One event in CloudEvents' structured mode: `encode` is the body that every destination sends.

    `subject` and `partitionkey` are the number of the order: events with the same one are in the
    order of `sequence`, which compares as text. `id` is the same each time that the event is sent.
    """

    specversion: Literal["1.0"]
    id: str
    source: str
    type: str
    subject: str
    time: str
    """RFC 3339."""
    datacontenttype: str
    dataversion: str
    """The version of the type that `data` is of, an extension of ours."""
    sequence: str
    partitionkey: str
    correlationid: str
    """The first event of the chain that this one is part of; an extension of ours, as the next."""
    causationid: str = ""
    """The event that led to this one."""
    traceparent: str = ""
    data: dict[str, Any]

    def encode(self) -> bytes:
        """The same bytes each time."""
        return msgspec.json.encode(self)


def cloud_event(row: Event, *, with_customer: bool) -> CloudEvent:
    """The event of a row, with its personal data (`DomainEvent.personal`) or without.

    Without, the reason that a person typed is left out, too. Data that was erased always is. `data`
    is as it was published: it is not converted to the newest version of its type.
    """
    envelope = row.envelope()
    personal = row.personal_data() if with_customer else None
    if personal is not None:
        envelope["data"] = {**envelope["data"], **personal}
    elif row.type == OrderCancelled.__name__ and not row.data.get("rejected"):
        # Events of earlier releases have what a customer or staff typed; later ones have nothing.
        envelope["data"] = {**envelope["data"], "reason": ""}
    # Digits enough for a BIGINT: consumers compare sequences as text.
    envelope["sequence"] = f"{row.pk:019d}"
    return CloudEvent(**envelope, partitionkey=row.stream)
