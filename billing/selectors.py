"""Finding documents and their files."""

from uuid import UUID

from billing.models import Invoice


def issued(order_id: UUID, kind: Invoice.Kind) -> Invoice | None:
    """The order's document of that kind, once its file is in storage."""
    found = Invoice.objects.filter(order_id=order_id, kind=kind).exclude(sha256="")
    return found.only("number", "storage_name", "sha256").first()
