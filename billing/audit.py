"""What must be true of billing's documents, asked every night."""

from collections import defaultdict
from collections.abc import Iterator
from decimal import Decimal
from hashlib import sha256

from django.core.files.storage import default_storage

from billing.content import Document, tax_sums
from billing.models import Invoice, Series
from bus.audit import Finding, check
from bus.selectors import history, settled
from shop.events import OrderCancelled, OrderPlaced
from shop.moment import one_moment


@check("document numbers run from 1 without a gap and agree with their counter")
def numbers_without_gaps() -> Iterator[Finding]:
    # At one moment: what is numbered between the two reads would be past its counter.
    with one_moment():
        counters = {(row.prefix, row.year): row.last for row in Series.objects.all()}
        there: dict[tuple[str, int], set[int]] = defaultdict(set)
        for prefix, year, sequence in Invoice.objects.values_list("series", "year", "sequence"):
            there[prefix, year].add(sequence)
    for series in sorted(counters.keys() | there.keys()):
        wanted = set(range(1, counters.get(series, 0) + 1))
        name = "{}-{}".format(*series)
        for sequence in sorted(wanted - there[series]):
            yield Finding(f"{name}-{sequence:06}", "has no document")
        for sequence in sorted(there[series] - wanted):
            what = f"is past its counter, which is at {len(wanted)}"
            yield Finding(f"{name}-{sequence:06}", what)


@check("a document's number says its series, year and place in it")
def numbers_say_their_place() -> Iterator[Finding]:
    rows = Invoice.objects.values_list("number", "series", "year", "sequence", "issued_on")
    for number, series, year, sequence, issued_on in rows.iterator():
        if number != f"{series}-{year}-{sequence:06}" or year != issued_on.year:
            yield Finding(number, f"is number {sequence} of {series}-{year}, issued {issued_on}")


@check("every issued document's file is the one that was issued")
def files_as_issued() -> Iterator[Finding]:
    rows = Invoice.objects.exclude(sha256="").values_list("number", "storage_name", "sha256")
    for number, name, digest in rows.iterator():
        if not default_storage.exists(name):
            yield Finding(number, f"its file {name} is missing")
            continue
        with default_storage.open(name) as file:
            if sha256(file.read()).hexdigest() != digest:
                yield Finding(number, f"its file {name} is not the one that was issued")


@check("the sums of every document add up")
def sums_add_up() -> Iterator[Finding]:
    for invoice in Invoice.objects.select_related("corrects").iterator(chunk_size=500):
        what = _wrong_sum(invoice.document())
        if what:
            yield Finding(invoice.number, what)


@check("every placed order is invoiced, and every cancelled one credited")
def orders_have_their_documents() -> Iterator[Finding]:
    for fact, kind in (
        (OrderPlaced, Invoice.Kind.INVOICE),
        (OrderCancelled, Invoice.Kind.CREDIT_NOTE),
    ):
        with_document = set(
            Invoice.objects.filter(kind=kind).values_list("order_number", flat=True)
        )
        stated = {order.number for _id, order in history(fact)}
        documents = Invoice.objects.filter(kind=kind)
        for number in sorted(stated - with_document):
            # Looked for again, since it may have been written after the first look.
            if settled(number) and not documents.filter(order_number=number).exists():
                yield Finding(number, f"has {fact.__name__} but no {kind}")
        for number in sorted(with_document - stated):
            yield Finding(number, f"has a document of kind {kind} but no {fact.__name__}")


@check("every numbered document is drawn")
def documents_are_drawn() -> Iterator[Finding]:
    rows = Invoice.objects.filter(sha256="").values_list("number", "order_number")
    for number, order_number in rows.iterator():
        undrawn = Invoice.objects.filter(number=number, sha256="")
        if settled(order_number) and undrawn.exists():
            yield Finding(number, "was never drawn, and nothing is waiting to draw it")


def _wrong_sum(document: Document) -> str:
    totals = (document.net, document.tax, document.total)
    if document.net + document.tax != document.total:
        return "net and tax do not make the total"
    if any(line.net + line.tax != line.total for line in document.lines):
        return "net and tax of a line do not make its total"
    by_line = [(line.net, line.tax, line.total) for line in document.lines]
    if totals != tuple(sum(column, Decimal(0)) for column in zip(*by_line, strict=True)):
        return "the lines do not make the totals"
    if document.taxes != tax_sums(document.lines):
        return "the tax summary does not follow from the lines"
    return ""
