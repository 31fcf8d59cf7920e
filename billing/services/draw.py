"""Drawing a document and storing its file."""

from hashlib import sha256

from django.utils import timezone

from billing.models import Invoice
from billing.services import storage
from bus import AfterDone, publish
from shop.events import InvoiceIssued, InvoiceNumbered


class FileDiffers(RuntimeError):
    """An issued document's file is lost, and drawing it again gives other bytes."""


def draw_document(document: InvoiceNumbered) -> AfterDone | None:
    """Draw the document's PDF and store it; the returned function records and publishes it.

    Repeatable: the name is always the same, and an existing file is kept (`storage.keep`). Once
    recorded, a lost file is only restored with the bytes that were issued.

    Raises:
        FileDiffers: the recorded file is lost and cannot be drawn with the same bytes.
        storage.NameTaken: another file has its name.
        billing.folder.WrongFolder: the documents' folder belongs to another database.
        OSError: the storage cannot be reached or written.
    """
    invoice = Invoice.objects.get(number=document.document)
    if invoice.sha256 and storage.is_kept(invoice):
        return None
    # Loaded by who draws: it brings reportlab and its fonts, 9 MB in every other process.
    from billing import pdf

    content = pdf.draw(invoice.document())
    digest = sha256(content).hexdigest()
    if invoice.sha256 and invoice.sha256 != digest:
        raise FileDiffers(
            f"{invoice.storage_name} is lost or damaged, and drawing it again gives other bytes: "
            "restore it from a backup."
        )
    name = storage.keep(invoice, content)
    return None if invoice.sha256 else lambda: _record(invoice, document, name, digest)


def _record(invoice: Invoice, document: InvoiceNumbered, name: str, digest: str) -> None:
    now = timezone.now()
    recorded = Invoice.objects.filter(pk=invoice.pk, sha256="").update(
        storage_name=name, sha256=digest, drawn_at=now
    )
    # A forgotten customer gets no mail of it.
    if recorded and not Invoice.objects.filter(pk=invoice.pk, restricted_at__isnull=False).exists():
        publish(
            InvoiceIssued(
                number=document.number,
                order_id=document.order_id,
                at=now,
                document=invoice.number,
                kind=document.kind,
                due_on=document.due_on,
                corrects=document.corrects,
                storage_name=name,
                sha256=digest,
                total=invoice.total,
                currency=invoice.currency,
                customer=invoice.customer,
            )
        )
