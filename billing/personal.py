"""What billing holds of a person."""

from collections.abc import Sequence

from billing.models import Invoice
from shop.personal import Rows, personal

FIELDS = (
    "order_number", "kind", "number", "ordered_on", "issued_on", "buyer", "lines", "taxes", "net",
    "tax", "total", "currency", "storage_name", "sha256",
)  # fmt: skip


@personal("documents")
def documents(numbers: Sequence[str]) -> Rows:
    """`storage_name` is the PDF's file, `sha256` its content's hash."""
    return list(Invoice.objects.filter(order_number__in=numbers).order_by("id").values(*FIELDS))
