"""The outbox is read from a mark on, and in causal order all the same."""

import time
from threading import Event as Signal

import pytest
from django.db import connection, transaction

from bus import publish
from bus.models import Delivery, Outbox
from bus.store.marks import Marks
from bus.store.outbox import fan_out
from bus.testing import given
from bus.tests.conftest import Happened, Subscribed, at_once, happened
from bus.worker.registration import register

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]


def react(event: Happened) -> None: ...


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The relay's own clock, which a test moves."""
    now = [1_000.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    return now


def test_late_committed_event_is_fanned_out_before_its_consequences(
    subscribed: Subscribed, clock: list[float]
) -> None:
    subscribed(react)
    register("desk")
    marks, drawn, go_on, committed = Marks(), Signal(), Signal(), Signal()

    def long_transaction() -> None:
        try:
            with transaction.atomic():
                publish(*happened(1))
                drawn.set()
                assert go_on.wait(20)
        finally:
            committed.set()

    def relayed(number: int) -> None:
        given(*happened(number))
        marks.begin()
        fan_out(marks)

    def relay() -> None:
        try:
            assert drawn.wait(20)
            for number in range(2, 6):
                relayed(number)
        finally:
            go_on.set()
        assert committed.wait(20)
        relayed(7)

    at_once(long_transaction, relay)

    streams = list(Delivery.objects.order_by("id").values_list("stream", flat=True))
    assert streams == ["2", "3", "4", "5", "1", "7"]


def test_outbox_is_read_from_the_last_fanned_out_event(
    subscribed: Subscribed, clock: list[float]
) -> None:
    subscribed(react)
    register("desk")
    marks = Marks()
    for number in range(1, 4):
        given(*happened(number))
        marks.begin()
        fan_out(marks)
    last = Delivery.objects.latest("id").event_id

    # The mark waits for every transaction of the server, those of tests in other processes too.
    for _ in range(400):
        marks.begin()
        assert fan_out(marks) == 0
        if marks.outbox.at >= last - 1:
            break
        time.sleep(0.05)

    assert last - 1 <= marks.outbox.at <= last + 1
    assert not Outbox.objects.exists()


def test_event_id_is_assigned_within_a_transaction_with_id() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE FUNCTION check_transaction() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
            "IF pg_current_xact_id_if_assigned() IS NULL THEN RAISE 'no transaction id'; END IF; "
            "RETURN NEW; END $$"
        )
        cursor.execute(
            "CREATE TRIGGER check_transaction BEFORE INSERT ON bus_event "
            "FOR EACH ROW EXECUTE FUNCTION check_transaction()"
        )
    try:
        with transaction.atomic():
            publish(*happened(1))
    finally:
        with connection.cursor() as cursor:
            cursor.execute("DROP FUNCTION check_transaction CASCADE")

    assert Outbox.objects.count() == 1
