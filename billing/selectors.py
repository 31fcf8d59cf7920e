"""Finding documents and their files."""

from billing.models import Invoice
from shop import links


def issued(token: str, kind: Invoice.Kind) -> Invoice | None:
    """The document of that kind of the order whose link it is, once its file is in storage."""
    of_link = Invoice.objects.filter(link_hash=links.hash_of(token), kind=kind)
    found = of_link.exclude(sha256="")
    return found.only("number", "storage_name", "sha256").first()
