"""Queries for documents."""

from billing.models import Invoice
from shop import links


def issued(token: str, kind: Invoice.Kind) -> Invoice | None:
    """The issued document of this kind for a customer's link; None until its file is stored,
    and once its buyer is forgotten."""
    of_link = Invoice.objects.filter(link_hash=links.hash_of(token), kind=kind, restricted_at=None)
    found = of_link.exclude(sha256="")
    return found.only("number", "storage_name", "sha256").first()
