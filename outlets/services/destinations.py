"""Sending an event to a destination."""

from outlets.cloudevents import cloud_event
from outlets.destinations.connection import Kept
from outlets.destinations.kinds import Kind, address
from outlets.selectors import rows_of
from shop.events import OrderEvent


def send_to_destination(event: OrderEvent, kind: Kind, kept: Kept) -> None:
    """Send the event, and return once the destination has confirmed it.

    Raises:
        DestinationUnavailable: it has not confirmed it; a later try sends the same bytes.
        DestinationRefused: no later try will succeed.
    """
    [row] = rows_of([event])
    kept.send(cloud_event(row, with_customer=address(kind).personal))
