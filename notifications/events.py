"""The event that a recorded mail told of, read again."""

from bus.models import Event
from notifications.messages import TOLD
from notifications.models import Message
from shop.events import OrderEvent


class CustomerErased(Exception):
    """The customer's data was erased: nobody is left to write to."""


def event_of(message: Message) -> OrderEvent:
    """What the mail told of.

    Raises:
        CustomerErased: the part that says who the customer is was erased.
    """
    event = Event.objects.select_related("personal").get(
        stream=message.order_number, key=message.about
    )
    if not hasattr(event, "personal"):
        raise CustomerErased(f"The customer of {message.order_number} was erased.")
    classes = {event.__name__: event for event in TOLD}
    return classes[event.type].read(event.version, event.data, event.personal.data)
