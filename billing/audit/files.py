"""What must be true of the documents' files, and of the folder that keeps them."""

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

RESTORE = "Restore it from a backup: what was issued is never made anew."


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
        # The files of this database are somewhere else; nobody knows from here how they are.
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
    """What has none was issued, and the database has forgotten it."""
    files = folder.documents()
    numbers = set(Invoice.objects.values_list("number", flat=True))
    for path in files:
        if path.stem not in numbers:
            yield Finding(
                path.relative_to(settings.MEDIA_ROOT).as_posix(),
                "belongs to no document of this database",
                asks="Was the database restored from an older backup? Restore a newer one, or "
                "write down what stands in it and move it to a safe place: it was issued.",
            )


@check("no counter of documents is behind their files")
def counters_behind_files() -> Iterator[Finding]:
    for series, (given, last) in sorted(folder.behind().items()):
        name = "{}-{}".format(*series)
        what = f"is at {last}, but number {given} has a file"
        yield Finding(name, what, repair=partial(_pass_over, *series))


def _lost(invoice: Invoice, what: str) -> Iterator[Finding]:
    """A lost file, unless a worker is about to put it back."""
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
        "Find out whose it is and move it to a safe place outside of MEDIA_ROOT. Then restore the "
        "right one from a backup, or run audit --repair to have it drawn again."
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
    """Whoever repairs says that nothing can be restored, so what can be drawn again is."""
    try:
        folder.check()
    except folder.FolderNotSeen:
        folder.mark()
    else:
        return ""
    lost = Invoice.objects.exclude(sha256="").order_by("id").values_list("number", flat=True)
    drawings = [drawing for number in lost.iterator() if (drawing := _drawing(number))]
    done = [drawing.pk for drawing in drawings if drawing.state not in OPEN]
    return operator.deliver_again(done, "The documents' folder was begun anew")


def _draw_again(number: str, operator: Operator) -> str:
    """The same bytes are drawn, or none: `draw_document` keeps to what was issued."""
    with transaction.atomic():
        invoice = Invoice.objects.select_for_update().get(number=number)
        delivery = _drawing(number)
        if services.is_kept(invoice) or delivery is None or delivery.state in OPEN:
            return ""
        return operator.deliver_again(delivery.pk, f"The file of {number} is missing or damaged")


def _pass_over(prefix: str, year: int, operator: Operator) -> str:
    """Have no later document get a number that was given out already; what is missing is a gap."""
    with transaction.atomic():
        Series.objects.bulk_create([Series(prefix=prefix, year=year)], ignore_conflicts=True)
        counter = Series.objects.select_for_update().get(prefix=prefix, year=year)
        given, _last = folder.behind().get((prefix, year), (0, 0))
        if counter.last >= given:
            return ""
        Series.objects.filter(pk=counter.pk).update(last=given)
        return operator.record(f"{prefix}-{year}", f"Its numbers go on after {given}")
