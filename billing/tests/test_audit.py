"""The audit finds what should not be, and is silent where all is well."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection, transaction

from billing import audit
from billing.models import Invoice, Series
from billing.tests.events import confirmed, invoiced
from billing.tests.issued import issued, repaired, subjects, tampering
from bus import publish
from bus.audit import findings
from bus.models import Delivery
from bus.store.outbox import fan_out
from bus.worker.registration import register

pytestmark = pytest.mark.django_db


def test_number_past_its_counter_is_found():
    invoice = issued()
    Series.objects.update(last=0)

    assert subjects(audit.numbers_without_gaps) == [invoice.number]


@pytest.mark.django_db(transaction=True)
def test_uninvoiced_order_with_finished_delivery_is_delivered_again():
    with transaction.atomic():
        publish(confirmed("SO-1"))
    register("billing")
    fan_out()
    Delivery.objects.update(state="done")

    assert len(repaired(audit.done_without_effect)) == 1
    assert Invoice.objects.get().order_number == "SO-1"
    assert repaired(audit.done_without_effect) == []


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
