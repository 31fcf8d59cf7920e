"""Drawing a document and keeping its file."""

from hashlib import sha256

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.utils import timezone

from billing import pdf
from billing.models import Invoice
from bus import AfterDone, publish
from shop.events import InvoiceIssued, InvoiceNumbered


class FileDiffers(RuntimeError):
    """An issued document's file is lost, and what would be drawn today is not what was issued."""


class NameTaken(OSError):
    """Another process stored the same file at the same moment; the next try finds it there."""


def draw_document(document: InvoiceNumbered) -> AfterDone | None:
    """Draw the document's PDF and keep it in storage; what is returned records and states it.

    May be repeated at any point: the name is always the same, equal bytes are left alone, and
    what a crash left half-written is replaced. Once recorded, a file is only ever put back
    with the very bytes that were issued.

    Raises:
        FileDiffers: the recorded file is gone and cannot be drawn as it was: restore a backup.
        OSError: the storage cannot be reached or written.
    """
    invoice = Invoice.objects.get(number=document.document)
    if invoice.sha256 and default_storage.exists(invoice.storage_name):
        return None
    content = pdf.draw(invoice.document())
    digest = sha256(content).hexdigest()
    if invoice.sha256 and invoice.sha256 != digest:
        raise FileDiffers(
            f"{invoice.storage_name} is missing and would be drawn differently today: "
            "restore it from a backup."
        )
    name = f"invoices/{invoice.year}/{invoice.number}.pdf"
    _store(name, content)
    return None if invoice.sha256 else lambda: _record(invoice, document, name, digest)


def _store(name: str, content: bytes) -> None:
    if default_storage.exists(name):
        with default_storage.open(name) as file:
            if file.read() == content:
                return
        default_storage.delete(name)
    stored_as = default_storage.save(name, ContentFile(content))
    if stored_as != name:
        # Storages give a second file of a name another name; documents have one file each.
        default_storage.delete(stored_as)
        raise NameTaken(f"{name} was stored by another process just now.")


def _record(invoice: Invoice, document: InvoiceNumbered, name: str, digest: str) -> None:
    now = timezone.now()
    recorded = Invoice.objects.filter(pk=invoice.pk, sha256="").update(
        storage_name=name, sha256=digest, drawn_at=now
    )
    if recorded:
        publish(
            InvoiceIssued(
                number=document.number,
                order_id=document.order_id,
                at=now,
                document=invoice.number,
                kind=document.kind,
                storage_name=name,
                sha256=digest,
                total=invoice.total,
                currency=invoice.currency,
                customer=invoice.customer,
            )
        )
