"""Dispatching a shipment, and taking a returned one back."""

from django.db import transaction
from django.utils import timezone

from bus import publish
from fulfillment.models import Shipment
from shop.events import ShipmentDispatched

State = Shipment.State

WHY_NOT = {
    State.OPEN: "is not released yet: wait until its stock is reserved and it is released.",
    State.DISPATCHED: "has left already, with {carrier} {tracking_number}.",
    State.CANCELLED: "was cancelled: do not send the goods.",
    State.TO_BE_RETURNED: "has left already, with {carrier} {tracking_number}; await its return.",
}


class NotNow(ValueError):
    """The shipment's state or the input does not allow it; the message says why."""


@transaction.atomic
def dispatch_shipment(shipment_id: int, carrier: str, tracking_number: str) -> Shipment:
    """Record that the goods have left, and publish `ShipmentDispatched`; once per shipment.

    Raises:
        Shipment.DoesNotExist: there is no such shipment.
        NotNow: it is not released, has left, or was cancelled; or the carrier (at most 40
            characters) or tracking number (60) is missing, too long or not printable.
    """
    carrier = _plain("carrier", carrier)
    tracking_number = _plain("tracking_number", tracking_number)
    shipment = Shipment.objects.select_for_update().get(pk=shipment_id)
    if shipment.state != State.RELEASED:
        why = WHY_NOT[State(shipment.state)].format_map(vars(shipment))
        raise NotNow(f"{shipment.number} {why}")
    shipment.state = State.DISPATCHED
    shipment.carrier = carrier
    shipment.tracking_number = tracking_number
    shipment.dispatched_at = timezone.now()
    shipment.save(update_fields=["state", "carrier", "tracking_number", "dispatched_at"])
    publish(
        ShipmentDispatched(
            number=shipment.number,
            order_id=shipment.order_id,
            at=shipment.dispatched_at,
            carrier=carrier,
            tracking_number=tracking_number,
            lines=tuple(line.as_event() for line in shipment.lines.all()),
            customer=shipment.customer,
        )
    )
    return shipment


@transaction.atomic
def take_back(shipment_id: int) -> Shipment:
    """Record that a returned shipment is back. The stock is not changed: staff count it first.

    Raises:
        Shipment.DoesNotExist: there is no such shipment.
        NotNow: it is not to be returned, or is back already.
    """
    shipment = Shipment.objects.select_for_update().get(pk=shipment_id)
    if shipment.state != State.TO_BE_RETURNED:
        raise NotNow(f"{shipment.number} is {shipment.state}: it is not to be returned.")
    if shipment.returned_at:
        raise NotNow(f"{shipment.number} is back already.")
    shipment.returned_at = timezone.now()
    shipment.save(update_fields=["returned_at"])
    return shipment


def _plain(field: str, text: str) -> str:
    """The stripped text. It goes into mails and their headers, so it must be printable."""
    text = text.strip()
    longest = Shipment._meta.get_field(field).max_length
    if not text or len(text) > longest or not text.isprintable():
        name = field.replace("_", " ")
        raise NotNow(f"Give a {name} of 1 to {longest} printable characters; this has {len(text)}.")
    return text
