"""The audit finds what should not be, and is silent where all is well."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest
from django.core.files.storage import default_storage
from django.db import connection, transaction
from django.utils import timezone

from billing import audit, immutable
from billing.models import Invoice, Series
from billing.services import draw_document, issue_invoice
from billing.tests.facts import cancelled, placed
from bus import publish
from bus.models import Outbox
from shop.events import InvoiceNumbered

pytestmark = pytest.mark.django_db
CHECKS = [
    audit.numbers_without_gaps,
    audit.numbers_say_their_place,
    audit.files_as_issued,
    audit.sums_add_up,
    audit.orders_have_their_documents,
    audit.documents_are_drawn,
]


def issued(number: str = "SO-100042") -> Invoice:
    order = placed(number)
    publish(order)
    invoice = issue_invoice(order)
    fact = InvoiceNumbered(
        number=number,
        order_id=order.order_id,
        at=order.at,
        document=invoice.number,
        kind="invoice",
    )
    draw_document(fact)()
    Outbox.objects.all().delete()
    invoice.refresh_from_db()
    return invoice


@contextmanager
def tampering() -> Iterator[None]:
    """What the database refuses, as somebody with its password could still do it."""
    editor = connection.schema_editor(atomic=False)
    immutable.remove(editor)
    yield
    immutable.install(editor)


def subjects(check) -> list[str]:
    return [finding.subject for finding in check()]


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_nothing_is_found_where_all_is_well(check):
    issued("SO-1")
    issued("SO-2")

    assert subjects(check) == []


def test_a_missing_number_is_found():
    for number in ("SO-1", "SO-2", "SO-3"):
        issued(number)
    gone = Invoice.objects.get(order_number="SO-2")
    with tampering():
        gone.delete()

    assert subjects(audit.numbers_without_gaps) == [gone.number]


def test_a_number_past_its_counter_is_found():
    invoice = issued()
    Series.objects.update(last=0)

    assert subjects(audit.numbers_without_gaps) == [invoice.number]


def test_a_missing_file_and_a_changed_one_are_found():
    lost, changed = issued("SO-1"), issued("SO-2")
    default_storage.delete(lost.storage_name)
    with default_storage.open(changed.storage_name, "ab") as file:
        file.write(b" ")

    assert sorted(subjects(audit.files_as_issued)) == [lost.number, changed.number]


def test_an_order_that_was_never_invoiced_is_found():
    publish(placed("SO-1"))
    assert subjects(audit.orders_have_their_documents) == []

    Outbox.objects.all().delete()

    assert subjects(audit.orders_have_their_documents) == ["SO-1"]


def test_a_cancelled_order_without_credit_note_is_found():
    issued()
    publish(cancelled())
    Outbox.objects.all().delete()

    assert subjects(audit.orders_have_their_documents) == ["SO-100042"]


def test_an_invoice_that_nobody_ordered_is_found():
    issue_invoice(placed())

    assert "has a document" in next(audit.orders_have_their_documents()).what


def test_a_document_that_was_never_drawn_is_found():
    with transaction.atomic():
        invoice = issue_invoice(placed())
    Outbox.objects.all().delete()

    assert subjects(audit.documents_are_drawn) == [invoice.number]


@pytest.mark.parametrize("change", [{"total": 1}, {"taxes": []}, {"net": 0, "total": 0, "tax": 0}])
def test_sums_that_do_not_add_up_are_found(change):
    invoice = issued()
    with tampering():
        Invoice.objects.update(**change)

    assert subjects(audit.sums_add_up) == [invoice.number]


def test_a_document_written_while_the_audit_runs_is_no_finding():
    for number in ("SO-1", "SO-2"):
        publish(placed(number))
    Outbox.objects.all().delete()

    found = audit.orders_have_their_documents()
    first = next(found).subject
    issue_invoice(placed("SO-2"))
    Outbox.objects.all().delete()

    assert [first, *(finding.subject for finding in found)] == ["SO-1"]


def test_a_document_drawn_while_the_audit_runs_is_no_finding():
    one, two = issue_invoice(placed("SO-1")), issue_invoice(placed("SO-2"))
    Outbox.objects.all().delete()

    found = audit.documents_are_drawn()
    first = next(found).subject
    for left in {one, two} - {Invoice.objects.get(number=first)}:
        Invoice.objects.filter(pk=left.pk).update(
            storage_name="x", sha256="x", drawn_at=timezone.now()
        )

    assert list(found) == []


@pytest.mark.django_db(transaction=True)
def test_a_number_given_while_the_audit_runs_is_no_finding():
    def number_one_more() -> None:
        with transaction.atomic():
            issue_invoice(placed("SO-2"))
        connection.close()

    def after_the_first_read(execute, sql, *rest):
        result = execute(sql, *rest)
        if "billing_series" in sql:
            with ThreadPoolExecutor(1) as other:
                other.submit(number_one_more).result()
        return result

    with transaction.atomic():
        issue_invoice(placed("SO-1"))

    with connection.execute_wrapper(after_the_first_read):
        found = subjects(audit.numbers_without_gaps)

    assert found == []
    assert Series.objects.get().last == 2
