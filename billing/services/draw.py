"""Drawing a document and keeping its file."""

from hashlib import sha256

from django.utils import timezone

from billing import pdf
from billing.models import Invoice
from billing.services import storage
from bus import AfterDone, publish
from shop.events import InvoiceIssued, InvoiceNumbered


class FileDiffers(RuntimeError):
    """An issued document's file is lost, and what would be drawn today is not what was issued."""


def draw_document(document: InvoiceNumbered) -> AfterDone | None:
    """Draw the document's PDF and keep it in storage; what is returned records and publishes it.

    May be repeated at any point: the name is always the same, and a file that is there stays
    (`storage.keep`). Once recorded, a file is only ever put back with the very bytes that were
    issued.

    Raises:
        FileDiffers: the recorded file is lost and cannot be drawn as it was: restore a backup.
        storage.NameTaken: its name has another file.
        billing.folder.WrongFolder: the documents' folder belongs to another database.
        OSError: the storage cannot be reached or written.
    """
    invoice = Invoice.objects.get(number=document.document)
    if invoice.sha256 and storage.is_kept(invoice):
        return None
    content = pdf.draw(invoice.document())
    digest = sha256(content).hexdigest()
    if invoice.sha256 and invoice.sha256 != digest:
        raise FileDiffers(
            f"{invoice.storage_name} is lost or damaged and would be drawn differently today: "
            "restore it from a backup."
        )
    name = storage.keep(invoice, content)
    return None if invoice.sha256 else lambda: _record(invoice, document, name, digest)


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
