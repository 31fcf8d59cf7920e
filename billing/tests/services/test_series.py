"""Numbers have no gap, whatever fails and however many issue at once."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime

import pytest
import time_machine
from django.db import connection, transaction

from billing.models import Invoice, Series
from billing.services import issue_credit_note, lock_series
from billing.services.series import next_numbers
from billing.tests.events import cancelled, confirmed, invoiced, line


class Refused(Exception):
    """Something after the numbering went wrong."""


def issue_and_fail(number: str) -> None:
    with transaction.atomic():
        invoiced(confirmed(number))
        raise Refused


@pytest.mark.django_db
def test_numbers_follow_each_other_from_one_in_every_series():
    first, second = invoiced(confirmed("SO-1")), invoiced(confirmed("SO-2"))
    note = issue_credit_note(cancelled("SO-1"))

    year = first.issued_on.year
    assert [first.number, second.number] == [f"INV-{year}-000001", f"INV-{year}-000002"]
    assert note.number == f"CN-{year}-000001"


@pytest.mark.django_db
def test_failure_releases_its_number():
    invoiced(confirmed("SO-1"))
    with pytest.raises(Refused):
        issue_and_fail("SO-2")

    after = invoiced(confirmed("SO-3"))

    assert after.sequence == 2


@pytest.mark.django_db
def test_year_is_that_of_issue_date_in_shops_time_zone(settings):
    settings.TIME_ZONE = "Europe/Berlin"
    with time_machine.travel(datetime(2026, 12, 31, 22, 59, tzinfo=UTC), tick=False):
        old = invoiced(confirmed("SO-1"))
    with time_machine.travel(datetime(2026, 12, 31, 23, 1, tzinfo=UTC), tick=False):
        new = invoiced(confirmed("SO-2"))

    assert (old.number, old.issued_on) == ("INV-2026-000001", date(2026, 12, 31))
    assert (new.number, new.issued_on) == ("INV-2027-000001", date(2027, 1, 1))


@pytest.mark.django_db
def test_midnight_between_lock_and_number_opens_new_year():
    with time_machine.travel(datetime(2026, 12, 31, 22, 59, tzinfo=UTC), tick=False):
        lock_series([confirmed()])

    [number] = next_numbers(Invoice.Kind.INVOICE, date(2027, 1, 1), 1)

    assert str(number) == "INV-2027-000001"


@pytest.mark.django_db
def test_batch_continues_the_series():
    next_numbers(Invoice.Kind.INVOICE, date(2027, 1, 1), 2)

    numbers = next_numbers(Invoice.Kind.INVOICE, date(2027, 1, 1), 3)

    assert [number.sequence for number in numbers] == [3, 4, 5]


@pytest.mark.django_db
def test_no_number_is_taken_where_none_is_needed():
    assert next_numbers(Invoice.Kind.INVOICE, date(2027, 1, 1), 0) == []

    assert not Series.objects.exists()


@pytest.mark.django_db
def test_lock_opens_only_series_of_the_batch():
    lock_series([cancelled("SO-1"), cancelled("SO-2")])

    assert [series.prefix for series in Series.objects.all()] == ["CN"]


@pytest.mark.django_db
def test_open_series_is_locked_by_one_statement(django_assert_num_queries):
    lock_series([confirmed()])

    with django_assert_num_queries(1):
        lock_series([confirmed("SO-1"), confirmed("SO-2")])


@pytest.mark.django_db(transaction=True)
def test_twenty_concurrent_issuers_leave_no_gap_and_no_double():
    orders = [confirmed(f"SO-{n}", (line(),)) for n in range(40)]

    def issue(index: int) -> None:
        try:
            with transaction.atomic():
                lock_series([orders[index]])
                invoiced(orders[index])
                if index % 4 == 0:
                    raise Refused
        except Refused:
            pass
        finally:
            connection.close()

    with ThreadPoolExecutor(20) as pool:
        list(pool.map(issue, range(40)))

    given = sorted(Invoice.objects.values_list("sequence", flat=True))
    assert given == list(range(1, 31))
    assert Series.objects.get().last == 30
