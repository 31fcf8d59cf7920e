"""The audit's rules for the documents' files and their folder."""

from collections.abc import Iterator
from functools import partial

from django.conf import settings
from django.db import transaction

from billing import folder, services, tasks
from billing.models import Invoice, Series
from bus.audit import Finding, Operator, check
from bus.models import OPEN, Delivery, State
from shop.documents import DocumentAltered, DocumentUnavailable, read
from shop.events import InvoiceNumbered

RESTORE = "Restore it from a backup: an issued document is never issued again."


NOT_SEEN = "cannot be seen from here: the documents of this database are in another folder"


@check("the documents' folder belongs to this database")
def folder_is_ours() -> Iterator[Finding]:
    try:
        folder.check()
    except folder.WrongFolder as error:
        yield Finding(folder.MARK, "names another database", asks=str(error))
    except folder.FolderNotSeen as error:
        asks = str(error)
        yield Finding(folder.MARK, NOT_SEEN, asks=asks, repair=_begin_folder, unseen=True)


@check("every issued document's file is the one that was issued")
def files_as_issued() -> Iterator[Finding]:
    try:
        folder.check()
    except (folder.WrongFolder, folder.FolderNotSeen) as error:
        # The files of this database are in another folder, so they cannot be checked from here.
        yield Finding(folder.MARK, NOT_SEEN, asks=str(error), unseen=True)
        return
    issued = Invoice.objects.exclude(sha256="").order_by("id")
    for invoice in issued.only("number", "storage_name", "sha256").iterator():
        try:
            read(invoice)
        except DocumentUnavailable:
            yield from _lost(invoice, f"its file {invoice.storage_name} is missing")
        except DocumentAltered:
            yield from _altered(invoice)


@check("every file of a document has its document")
def files_have_documents() -> Iterator[Finding]:
    """A file without a row was issued, so the database was restored from an older backup."""
    files = folder.documents()
    numbers = set(Invoice.objects.values_list("number", flat=True))
    for path in files:
        if path.stem not in numbers:
            yield Finding(
                path.relative_to(settings.MEDIA_ROOT).as_posix(),
                "belongs to no document of this database",
                asks="The document was issued, so the database is probably from an older backup: "
                "restore a newer one, or record the document's content and move the file to a safe "
                "place.",
            )


@check("no counter of documents is behind their files")
def counters_behind_files() -> Iterator[Finding]:
    for series, (given, last) in sorted(folder.behind().items()):
        name = "{}-{}".format(*series)
        what = f"is at {last}, but number {given} has a file"
        yield Finding(name, what, repair=partial(_pass_over, *series))


def _lost(invoice: Invoice, what: str) -> Iterator[Finding]:
    """A lost file, unless its delivery is still open and will restore it."""
    delivery = _drawing(invoice.number)
    if delivery is None or delivery.state == State.DEAD:
        yield Finding(invoice.number, what, asks=RESTORE)
    elif delivery.state not in OPEN:
        yield Finding(invoice.number, what, repair=partial(_draw_again, invoice.number))


def _altered(invoice: Invoice) -> Iterator[Finding]:
    what = f"its file {invoice.storage_name} is not the one that was issued"
    if services.is_damaged(invoice):
        yield from _lost(invoice, f"{what}: it is damaged")
        return
    asks = (
        "Find out where the file comes from and move it to a safe place outside of MEDIA_ROOT. "
        "Then restore the issued one from a backup, or draw it again with audit --repair."
    )
    yield Finding(invoice.number, what, asks=asks)


def _drawing(number: str) -> Delivery | None:
    name = f"{tasks.__name__}.{tasks.draw_document.__name__}"
    return (
        Delivery.objects.filter(subscription__name=name, subscription__retired_at=None)
        .filter(event__key=f"InvoiceNumbered {number}", event__type=InvoiceNumbered.__name__)
        .filter(stream=Invoice.objects.filter(number=number).values("order_number")[:1])
        .first()
    )


def _begin_folder(operator: Operator) -> str:
    """Draw all documents again into an empty folder. `--repair` confirms that no backup exists."""
    try:
        folder.check()
    except folder.FolderNotSeen:
        folder.mark()
    else:
        return ""
    lost = Invoice.objects.exclude(sha256="").order_by("id").values_list("number", flat=True)
    drawings = [drawing for number in lost.iterator() if (drawing := _drawing(number))]
    done = [drawing.pk for drawing in drawings if drawing.state not in OPEN]
    return operator.deliver_again(done, "The documents' folder was lost and is drawn again")


def _draw_again(number: str, operator: Operator) -> str:
    """Deliver the drawing again; `draw_document` stores only the bytes that were issued."""
    with transaction.atomic():
        invoice = Invoice.objects.select_for_update().get(number=number)
        delivery = _drawing(number)
        if services.is_kept(invoice) or delivery is None or delivery.state in OPEN:
            return ""
        return operator.deliver_again(delivery.pk, f"The file of {number} is missing or damaged")


def _pass_over(prefix: str, year: int, operator: Operator) -> str:
    """Set the counter to the highest number with a file; the missing documents are a gap then."""
    with transaction.atomic():
        Series.objects.bulk_create([Series(prefix=prefix, year=year)], ignore_conflicts=True)
        counter = Series.objects.select_for_update().get(prefix=prefix, year=year)
        given, _last = folder.behind().get((prefix, year), (0, 0))
        if counter.last >= given:
            return ""
        Series.objects.filter(pk=counter.pk).update(last=given)
        return operator.record(f"{prefix}-{year}", f"The counter was set to {given}")
