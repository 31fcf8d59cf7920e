"""What billing shows about one order in the admin."""

from billing.models import Invoice
from shop.panels import Content, panel


@panel(
    "Documents",
    template="billing/order_panel.html",
    permission="billing.view_invoice",
    place=30,
)
def documents(number: str) -> Content | None:
    """The invoice and the credit note, with their files."""
    rows = Invoice.objects.filter(order_number=number).order_by("id")
    fields = ("number", "kind", "issued_on", "total", "currency", "sha256", "restricted_at")
    found = list(rows.only(*fields))
    return {"documents": found} if found else None
