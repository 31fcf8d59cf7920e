"""Trouble of others: pauses that were asked for, and a database that is away."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import OperationalError, connection
from django.db.models.functions import Now

from bus import TryLater
from bus.models import Delivery, State
from bus.ops import deliver_again
from bus.retry import UNCOUNTED_FOR
from bus.testing import given, settle
from bus.tests.conftest import (
    RETRY,
    Happened,
    Subscribed,
    delivery,
    happened,
    make_due,
    relayed,
    states,
    worked,
)
from bus.tests.worker.test_errors import due_in, failing

pytestmark = pytest.mark.django_db(transaction=True)


def test_requested_pause_is_kept(subscribed: Subscribed) -> None:
    subscribed(failing(TryLater("busy", timedelta(hours=2))))
    given(*happened(2))

    settle("desk")

    assert due_in(delivery(2), timedelta(hours=2), timedelta(hours=2))


def test_requested_pause_is_not_shorter_than_the_policy(
    subscribed: Subscribed,
) -> None:
    subscribed(failing(TryLater("busy", timedelta(seconds=1))))
    given(*happened(2))

    for longest in (10, 20, 40, 60, 60):
        settle("desk")
        assert delivery(2).state == State.WAITING
        assert due_in(delivery(2), timedelta(seconds=longest / 2), timedelta(seconds=longest))
        make_due()


TROUBLE_OF_OTHERS = {
    "pause asked for": lambda: TryLater("busy", timedelta(seconds=1)),
    "connection lost": lambda: OperationalError("server closed the connection unexpectedly"),
}


@pytest.mark.parametrize("error", TROUBLE_OF_OTHERS.values(), ids=TROUBLE_OF_OTHERS)
@pytest.mark.parametrize("external", [False, True])
def test_outage_counts_as_attempts_after_a_day(
    subscribed: Subscribed, error: Callable[[], Exception], external: bool
) -> None:
    def react(event: Happened) -> None:
        raise error()

    def send(event: Happened, key: str) -> None:
        raise error()

    subscribed(send if external else react, external=external)
    given(*happened(2))
    for tries in range(1, 3 * RETRY.times):
        settle("desk")
        row = delivery(2)
        assert (row.state, row.attempts, row.uncounted) == (State.WAITING, tries, tries)
        make_due()

    Delivery.objects.update(due_since=Now() - UNCOUNTED_FOR)
    for left in reversed(range(RETRY.times)):
        settle("desk")
        assert delivery(2).state == (State.WAITING if left else State.DEAD)
        make_due()


def test_outage_keeps_counted_attempts(subscribed: Subscribed) -> None:
    errors = [TryLater("busy", timedelta(0)), ConnectionError(), TryLater("busy", timedelta(0))]
    errors += [ConnectionError()] * 2

    def react(event: Happened) -> None:
        raise errors.pop(0)

    subscribed(react)
    given(*happened(2))
    while errors:
        assert not Delivery.objects.filter(state=State.DEAD).exists()
        settle("desk")
        make_due()

    assert (delivery(2).state, delivery(2).attempts) == (State.DEAD, 5)


def test_redelivery_restarts_the_day_of_outage(subscribed: Subscribed) -> None:
    subscribed(failing(TryLater("busy", timedelta(0))))
    given(*happened(2))
    settle("desk")
    Delivery.objects.update(due_since=Now() - UNCOUNTED_FOR)

    deliver_again([delivery(2).pk], by="grace")
    settle("desk")

    assert (delivery(2).attempts, delivery(2).uncounted) == (1, 1)


def test_database_outage_costs_a_batch_no_attempt(
    subscribed: Subscribed,
) -> None:
    subscribed(failing(OperationalError("deadlock detected"), times=1))
    given(*happened(1, 2))

    worked(relayed())

    rows = Delivery.objects.values_list("attempts", "uncounted", "alone")
    assert list(rows) == [(1, 1, True)] * 2


@pytest.mark.parametrize("statement", ["SELECT * FROM no_such_table", "SELEKT 1"])
def test_wrong_statement_is_not_an_outage(subscribed: Subscribed, statement: str) -> None:
    """SQLite calls it operational, too."""

    def react(event: Happened) -> None:
        with connection.cursor() as cursor:
            cursor.execute(statement)

    subscribed(react)
    given(*happened(1))

    settle("desk")

    assert (delivery(1).attempts, delivery(1).uncounted) == (1, 0)


@pytest.mark.skipif(connection.vendor != "postgresql", reason="only PostgreSQL locks one table")
def test_locked_table_costs_no_attempt(subscribed: Subscribed) -> None:
    def react(event: Happened) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL lock_timeout = '50ms'")
            cursor.execute("SELECT 1 FROM bus_operatoraction LIMIT 1")

    subscribed(react)
    given(*happened(1))
    locker = connection.copy()
    try:
        locker.set_autocommit(False)
        with locker.cursor() as cursor:
            cursor.execute("LOCK TABLE bus_operatoraction IN ACCESS EXCLUSIVE MODE")
        for tries in range(1, RETRY.times + 2):
            settle("desk")
            make_due()
            assert (delivery(1).state, delivery(1).uncounted) == (State.WAITING, tries)
        locker.rollback()
    finally:
        locker.close()

    settle("desk")

    assert states() == {"1": State.DONE}
