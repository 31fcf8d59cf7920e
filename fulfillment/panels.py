"""What fulfillment shows about one order in the admin."""

from fulfillment.models import Shipment
from fulfillment.slips import PRINTABLE
from shop.panels import Content, panel

COLOURS = {
    Shipment.State.OPEN: "default",
    Shipment.State.RELEASED: "info",
    Shipment.State.DISPATCHED: "success",
    Shipment.State.CANCELLED: "warning",
    Shipment.State.TO_BE_RETURNED: "danger",
}

HAPPENED = {
    "opened_at": "opened",
    "released_at": "released to the warehouse",
    "dispatched_at": "dispatched",
    "cancelled_at": "cancelled",
    "recalled_at": "recalled",
    "returned_at": "returned",
}


@panel(
    "Shipment",
    template="fulfillment/order_panel.html",
    permission="fulfillment.view_shipment",
    place=20,
)
def shipment(number: str) -> Content | None:
    """The shipment, and when what happened to it."""
    row = Shipment.objects.filter(number=number).first()
    if row is None:
        return None
    happened = [(what, at) for name, what in HAPPENED.items() if (at := getattr(row, name))]
    return {
        "shipment": row,
        "colour": COLOURS[Shipment.State(row.state)],
        "printable": row.state in PRINTABLE,
        "happened": sorted(happened, key=lambda one: one[1]),
    }
