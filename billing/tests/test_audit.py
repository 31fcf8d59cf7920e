"""The audit finds what should not be, and is silent where all is well."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection, transaction

from billing import audit
from billing.models import Invoice, Series
from billing.tests.events import confirmed, invoiced
from billing.tests.issued import delivery, issued, repaired, settled_by_the_bus, subjects, tampering
from bus import publish
from bus.audit import findings
from bus.models import Delivery
from bus.store.outbox import route
from bus.worker.registration import register

pytestmark = pytest.mark.django_db
CHECKS = [
    audit.numbers_without_gaps,
    audit.numbers_say_their_place,
    audit.folder_is_ours,
    audit.files_as_issued,
    audit.files_have_documents,
    audit.counters_behind_files,
    audit.sums_add_up,
    audit.documents_were_ordered,
    audit.documents_have_events,
    audit.done_without_effect,
    audit.effect_without_done,
]


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_sound_invoices_give_no_findings(check):
    issued("SO-1")
    issued("SO-2")

    assert subjects(check) == []


def test_missing_number_is_found():
    for number in ("SO-1", "SO-2", "SO-3"):
        issued(number)
    gone = Invoice.objects.get(order_number="SO-2")
    with tampering():
        gone.delete()

    assert subjects(audit.numbers_without_gaps) == [gone.number]


def test_number_past_its_counter_is_found():
    invoice = issued()
    Series.objects.update(last=0)

    assert subjects(audit.numbers_without_gaps) == [invoice.number]


@pytest.mark.django_db(transaction=True)
def test_uninvoiced_order_with_finished_delivery_is_delivered_again():
    with transaction.atomic():
        publish(confirmed("SO-1"))
    register("billing")
    route()
    Delivery.objects.update(state="done")

    assert len(repaired(audit.done_without_effect)) == 1
    assert Invoice.objects.get().order_number == "SO-1"
    assert repaired(audit.done_without_effect) == []


@pytest.mark.django_db(transaction=True)
def test_invoice_that_was_published_gets_no_second_number():
    invoice = settled_by_the_bus()
    with tampering():
        invoice.delete()

    findings = list(audit.done_without_effect())

    assert {finding.what for finding in findings} == {
        "issue_invoice is done, but its invoice is missing",
        "draw_document is done, but its drawn document is missing",
    }
    assert [finding.repair for finding in findings] == [None, None]
    assert all("backup" in finding.asks for finding in findings)


@pytest.mark.django_db(transaction=True)
def test_existing_invoice_is_not_issued_twice():
    settled_by_the_bus()
    Delivery.objects.filter(pk=delivery("issue_invoice").pk).update(state="dead")

    assert len(repaired(audit.effect_without_done)) == 1
    assert Invoice.objects.count() == 1
    assert delivery("issue_invoice").state == "done"


def test_invoice_without_order_is_found():
    invoiced(confirmed())

    assert "there is no OrderPlaced" in next(audit.documents_were_ordered()).what


def test_number_that_was_never_published_is_found():
    with tampering():
        Invoice.objects.filter(pk=issued("SO-1").pk).update(number="INV-2026-000999")

    assert subjects(audit.documents_have_events) == ["INV-2026-000999"]


@pytest.mark.parametrize("change", [{"total": 1}, {"taxes": []}, {"net": 0, "total": 0, "tax": 0}])
def test_sums_that_do_not_add_up_are_found(change):
    invoice = issued()
    with tampering():
        Invoice.objects.update(**change)

    assert subjects(audit.sums_add_up) == [invoice.number]


@pytest.mark.django_db(transaction=True)
def test_number_given_while_audit_runs_is_no_finding():
    def number_one_more() -> None:
        with transaction.atomic():
            invoiced(confirmed("SO-2"))
        connection.close()

    def after_the_first_read(execute, sql, *rest):
        result = execute(sql, *rest)
        if "billing_series" in sql:
            with ThreadPoolExecutor(1) as other:
                other.submit(number_one_more).result()
        return result

    with transaction.atomic():
        invoiced(confirmed("SO-1"))

    with connection.execute_wrapper(after_the_first_read):
        found = findings(audit.numbers_without_gaps)

    assert found == []
    assert Series.objects.get().last == 2
