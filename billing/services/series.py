"""Document numbers without gaps: a series per year for invoices, and one for credit notes."""

from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

from django.db.models import F
from django.utils import timezone

from billing.models import Invoice, Series
from shop.events import OrderCancelled, OrderPlaced

PREFIXES = {Invoice.Kind.INVOICE: "INV", Invoice.Kind.CREDIT_NOTE: "CN"}


class Number(NamedTuple):
    prefix: str
    year: int
    sequence: int

    def __str__(self) -> str:
        return f"{self.prefix}-{self.year}-{self.sequence:06}"


def lock_series(orders: Sequence[OrderPlaced]) -> None:
    """Lock the counters that a batch needs until its transaction ends.

    In the order of their prefixes, so that two batches cannot deadlock. Needs a transaction.
    """
    year = timezone.localdate().year
    for prefix in sorted({PREFIXES[_kind(order)] for order in orders}):
        counter = Series.objects.select_for_update().filter(prefix=prefix, year=year)
        if counter.first() is None:
            _open(prefix, year)
            counter.get()


def next_numbers(kind: Invoice.Kind, issued_on: date, count: int) -> list[Number]:
    """The next `count` numbers of the kind's series in the year of `issued_on`, rising.

    A rollback of the surrounding savepoint or transaction returns them, so committed documents are
    numbered 1, 2, 3, ... without a gap (Art. 226 (2) of Directive 2006/112/EC requires sequential
    numbers, and tax offices ask about missing ones).
    """
    if not count:
        return []
    prefix, year = PREFIXES[kind], issued_on.year
    counter = Series.objects.filter(prefix=prefix, year=year)
    if not counter.update(last=F("last") + count):
        # The first document of its year, or the year has changed since the lock.
        _open(prefix, year)
        counter.update(last=F("last") + count)
    last = counter.values_list("last", flat=True).get()
    return [Number(prefix, year, sequence) for sequence in range(last - count + 1, last + 1)]


def _open(prefix: str, year: int) -> None:
    # Two workers may open a year at the same time: one row is inserted, and neither fails.
    Series.objects.bulk_create([Series(prefix=prefix, year=year)], ignore_conflicts=True)


def _kind(order: OrderPlaced) -> Invoice.Kind:
    cancelled = isinstance(order, OrderCancelled)
    return Invoice.Kind.CREDIT_NOTE if cancelled else Invoice.Kind.INVOICE
