"""What inventory shows about one order in the admin."""

from inventory.models import Reservation
from shop.panels import Content, panel

COLOURS = {"reserved": "info", "released": "warning", "consumed": "success"}


@panel(
    "Stock",
    template="inventory/order_panel.html",
    permission="inventory.view_reservation",
    place=10,
)
def reservations(number: str) -> Content | None:
    """The reservations, each with what is left of its product."""
    rows = Reservation.objects.filter(number=number).select_related("item").order_by("item__sku")
    found = [{"row": row, "colour": COLOURS[row.state]} for row in rows]
    return {"reservations": found} if found else None
