"""The goods are sent, and sometimes come back."""

from django.db import transaction
from django.utils import timezone

from bus import publish
from fulfillment.models import Shipment
from shop.events import ShipmentDispatched

State = Shipment.State

WHY_NOT = {
    State.OPEN: "is not released yet: wait until its stock is reserved and the warehouse told.",
    State.DISPATCHED: "has left already, with {carrier} {tracking_number}.",
    State.CANCELLED: "was cancelled: do not send the goods.",
    State.TO_BE_RETURNED: "has left already, with {carrier} {tracking_number}, and must come back.",
}


class NotNow(ValueError):
    """What was asked of a shipment cannot be done in its state; the message says why."""


@transaction.atomic
def dispatch_shipment(shipment_id: int, carrier: str, tracking_number: str) -> Shipment:
    """Write down that the goods have left, and state it; once per shipment.

    Raises:
        Shipment.DoesNotExist: there is no such shipment.
        NotNow: it is not released, has left, or was cancelled; or the carrier (40 characters at
            most) or tracking number (60) is missing, too long or not printable.
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
    """Write down that goods which were to be returned are back. Stock is booked by who counts it.

    Raises:
        Shipment.DoesNotExist: there is no such shipment.
        NotNow: it was not to be returned, or is back already.
    """
    shipment = Shipment.objects.select_for_update().get(pk=shipment_id)
    if shipment.state != State.TO_BE_RETURNED:
        raise NotNow(f"{shipment.number} is {shipment.state}: nothing of it is to come back.")
    if shipment.returned_at:
        raise NotNow(f"{shipment.number} is back already.")
    shipment.returned_at = timezone.now()
    shipment.save(update_fields=["returned_at"])
    return shipment


def _plain(field: str, text: str) -> str:
    """The text without outer spaces: it goes into mails and their headers, so it must be plain."""
    text = text.strip()
    longest = Shipment._meta.get_field(field).max_length
    if not text or len(text) > longest or not text.isprintable():
        name = field.replace("_", " ")
        raise NotNow(f"Give a {name} of 1 to {longest} printable characters.")
    return text
