"""Reading the event of a recorded mail again."""

from bus import PersonalDataErased
from bus.models import Event
from notifications.messages import MAILS
from notifications.models import Message
from shop.events import OrderEvent


class CustomerErased(PersonalDataErased):
    """The customer's personal data was erased, so there is no recipient."""


def event_of(message: Message) -> OrderEvent:
    """The event that the mail is about.

    Raises:
        CustomerErased: the event's personal data was erased.
    """
    event = Event.objects.select_related("personal__person").get(
        stream=message.order_number, key=message.about
    )
    personal = event.personal_data()
    if personal is None:
        raise CustomerErased(f"The customer of {message.order_number} was erased.")
    classes = {event.__name__: event for event in MAILS}
    return classes[event.type].read(event.version, event.data, personal)
