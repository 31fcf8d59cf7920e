"""What notifications shows about one order in the admin."""

from notifications.models import Message, State
from shop.panels import Content, panel

COLOURS = {
    State.SENT: "success",
    State.SENDING: "info",
    State.DELAYED: "warning",
    State.UNCLEAR: "warning",
    State.REFUSED: "danger",
}


@panel(
    "Mails",
    template="notifications/order_panel.html",
    permission="notifications.view_message",
    place=40,
)
def mails(number: str) -> Content | None:
    """The mails to the customer, in the order in which they were begun."""
    rows = Message.objects.filter(order_number=number).order_by("begun_at", "id")
    found = [{"row": row, "colour": COLOURS.get(State(row.state), "default")} for row in rows]
    return {"mails": found} if found else None
