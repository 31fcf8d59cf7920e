"""The audit's rules for documents."""

from collections import defaultdict
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import msgspec
from django.db.models import Exists, F, OuterRef, Value
from django.db.models.functions import Concat, Replace

from billing import tasks
from billing.audit.files import (
    RESTORE,
    counters_behind_files,
    files_as_issued,
    files_have_documents,
    folder_is_ours,
)
from billing.document import TaxSum, tax_sums
from billing.models import Invoice, Series
from bus.audit import Effect, Finding, check, effects
from bus.models import Event
from bus.selectors import published
from shop.events import InvoiceNumbered, Line, OrderCancelled, OrderPlaced

__all__ = [
    "counters_behind_files",
    "documents_have_events",
    "documents_were_ordered",
    "done_without_effect",
    "effect_without_done",
    "files_as_issued",
    "files_have_documents",
    "folder_is_ours",
    "numbers_say_their_place",
    "numbers_without_gaps",
    "sums_add_up",
]


@check("document numbers run from 1 without a gap and agree with their counter")
def numbers_without_gaps() -> Iterator[Finding]:
    counters = {(row.prefix, row.year): row.last for row in Series.objects.all()}
    there: dict[tuple[str, int], set[int]] = defaultdict(set)
    for prefix, year, sequence in Invoice.objects.values_list("series", "year", "sequence"):
        there[prefix, year].add(sequence)
    for series in sorted(counters.keys() | there.keys()):
        wanted = set(range(1, counters.get(series, 0) + 1))
        name = "{}-{}".format(*series)
        for sequence in sorted(wanted - there[series]):
            yield Finding(
                f"{name}-{sequence:06}",
                "has no document",
                asks="A number is given once (section 14 (4) no. 4 UStG), so the gap stays: "
                "restore the document from a backup, or record why it is missing "
                "for the tax office (GoBD: records must be complete).",
            )
        for sequence in sorted(there[series] - wanted):
            yield Finding(
                f"{name}-{sequence:06}",
                f"is past its counter, which is at {len(wanted)}",
                asks="Find out what set the counter back, and set it to the last number given.",
            )


@check("a document's number agrees with its series, year and sequence")
def numbers_say_their_place() -> Iterator[Finding]:
    rows = Invoice.objects.values_list("number", "series", "year", "sequence", "issued_on")
    for number, series, year, sequence, issued_on in rows.iterator():
        if number != f"{series}-{year}-{sequence:06}" or year != issued_on.year:
            what = f"is number {sequence} of {series}-{year}, issued {issued_on}"
            yield Finding(number, what, asks=RESTORE)


@check("the sums of every document add up")
def sums_add_up() -> Iterator[Finding]:
    rows = Invoice.objects.values_list("number", "lines", "taxes", "net", "tax", "total")
    for number, lines, taxes, *totals in rows.iterator(chunk_size=500):
        if what := _wrong_sum(lines, taxes, *totals):
            yield Finding(number, what, asks=RESTORE)


@check("no document is without its order")
def documents_were_ordered() -> Iterator[Finding]:
    for event, kind in (
        (OrderPlaced, Invoice.Kind.INVOICE),
        (OrderCancelled, Invoice.Kind.CREDIT_NOTE),
    ):
        strays = Invoice.objects.filter(~published(event, "order_number"), kind=kind).order_by("id")
        for number, order_number in strays.values_list("number", "order_number"):
            yield Finding(
                f"{order_number} {number}",
                f"is a document of kind {kind}, but there is no {event.__name__}",
                asks="Find out who issued it. A document issued without cause is corrected by "
                "another document.",
            )


@check("every document has its InvoiceNumbered")
def documents_have_events() -> Iterator[Finding]:
    event = Event.objects.filter(
        stream=OuterRef("order_number"), key=Concat(Value("InvoiceNumbered "), OuterRef("number"))
    )
    for number in (
        Invoice.objects.filter(~Exists(event)).order_by("id").values_list("number", flat=True)
    ):
        yield Finding(
            number,
            "has no InvoiceNumbered, so it is never drawn",
            asks="Find out what wrote the row: billing writes both or neither.",
        )


_document = Invoice.objects.filter(order_number=OuterRef("stream"))
_numbered = Event.objects.filter(stream=OuterRef("stream"), type=InvoiceNumbered.__name__)
_invoiced = Exists(_document.filter(kind=Invoice.Kind.INVOICE))
_credited = Exists(_document.filter(kind=Invoice.Kind.CREDIT_NOTE))
_invoice_numbered = Exists(_numbered.filter(data__kind=Invoice.Kind.INVOICE.value))
_issued = Event.objects.filter(
    stream=OuterRef("stream"),
    key=Replace(OuterRef("event__key"), Value("InvoiceNumbered"), Value("InvoiceIssued")),
)
_drawn = Invoice.objects.exclude(sha256="").annotate(
    event=Concat(Value("InvoiceNumbered "), F("number"))
)

done_without_effect, effect_without_done = effects(
    "billing",
    Effect(
        handler=tasks.issue_invoice,
        what="invoice",
        there=_invoiced,
        # The customer may have the numbered invoice, so the order must not get a second number.
        again=~_invoice_numbered,
        asks=RESTORE,
    ),
    Effect(
        handler=tasks.issue_credit_note,
        what="credit note",
        # An order that was never invoiced has no credit note.
        there=_credited | ~(_invoiced | _invoice_numbered),
        trace=_credited,
        again=~Exists(_numbered.filter(data__kind=Invoice.Kind.CREDIT_NOTE.value)),
        asks=RESTORE,
    ),
    Effect(
        handler=tasks.draw_document,
        what="drawn document",
        there=Exists(_drawn.filter(order_number=OuterRef("stream"), event=OuterRef("event__key"))),
        again=~Exists(_issued),
        asks=RESTORE,
    ),
    Effect(
        handler=tasks.restrict_documents,
        what="restriction of the documents",
        there=~Exists(_document.filter(restricted_at=None)),
        trace=Exists(_document.filter(restricted_at__isnull=False)),
    ),
)


def _wrong_sum(lines: Any, taxes: Any, net: Decimal, tax: Decimal, total: Decimal) -> str:
    frozen = msgspec.convert(lines, tuple[Line, ...])
    if net + tax != total:
        return "net and tax do not add up to the total"
    if any(line.net + line.tax != line.total for line in frozen):
        return "net and tax of a line do not add up to its total"
    by_line = [(line.net, line.tax, line.total) for line in frozen]
    if (net, tax, total) != tuple(sum(column, Decimal(0)) for column in zip(*by_line, strict=True)):
        return "the lines do not add up to the totals"
    if msgspec.convert(taxes, tuple[TaxSum, ...]) != tax_sums(frozen):
        return "the tax summary differs from the lines"
    return ""
