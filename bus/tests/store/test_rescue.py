"""Leases that are over, and what becomes of what was lost."""

from typing import Any

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from bus import handlers
from bus.models import Delivery, FailedAttempt, State
from bus.store.attempts import lock_owned
from bus.store.poll import poll
from bus.store.rescue import rescue_late, rescue_not_sent, rescue_sent
from bus.store.starts import start
from bus.testing import given
from bus.tests.conftest import (
    Happened,
    Subscribed,
    delivery,
    end_leases,
    happened,
    relayed,
    states,
    worked,
)

pytestmark = pytest.mark.django_db(transaction=True)


def react(event: Happened) -> None: ...
def send(event: Happened, key: str) -> None: ...


def crash(streams: int = 1) -> None:
    """A worker takes what is due, and is never heard of again."""
    batches = relayed()
    assert sum(len(batch.tickets) for batch in batches) == streams
    for batch in batches:
        start(handlers.find(batch.task), batch.tickets, [])
    end_leases()


def taken_back() -> list[dict[str, Any]]:
    """What the next look of a relay makes of it: state, and what was counted."""
    relayed()
    rows = Delivery.objects.order_by("id")
    return [dict(row) for row in rows.values("state", "attempts", "crashes", "ambiguous", "alone")]


def lost_attempts() -> list[tuple[str, int, str]]:
    """The failed attempts: stream, number, kind."""
    rows = FailedAttempt.objects.order_by("id")
    return list(rows.values_list("delivery__stream", "number", "kind"))


def counted(state: State = State.SENT, **changes: Any) -> dict[str, Any]:
    nothing = {"attempts": 0, "crashes": 0, "ambiguous": 0, "alone": False}
    return {"state": state} | nothing | changes


def test_lost_message_costs_no_attempt(subscribed: Subscribed) -> None:
    subscribed(react)
    given(*happened(1))
    relayed()
    end_leases()

    assert taken_back() == [counted()]
    assert delivery(1).token == 2
    assert lost_attempts() == []


def test_delivery_within_its_lease_is_left_alone(subscribed: Subscribed) -> None:
    subscribed(react)
    given(*happened(1))
    relayed()

    assert relayed() == []
    assert delivery(1).token == 1


def test_crashed_batch_is_isolated_without_counting(subscribed: Subscribed) -> None:
    subscribed(react)
    given(*happened(1, 2))
    crash(streams=2)

    assert taken_back() == [counted(attempts=1, alone=True)] * 2
    assert lost_attempts() == [("1", 1, "worker lost"), ("2", 1, "worker lost")]


def test_third_crash_alone_is_dead(subscribed: Subscribed) -> None:
    subscribed(react)
    given(*happened(1))
    crash()  # with others, for all that the ledger knows
    for crashes in (1, 2):
        crash()
        assert crashes == delivery_after_look().crashes
        Delivery.objects.update(state=State.WAITING)
    crash()

    row = delivery_after_look()
    assert (row.state, row.crashes) == (State.DEAD, 3)
    assert row.error == "3 workers died while it ran alone."
    assert row.closed_at is not None


def delivery_after_look() -> Delivery:
    relayed()
    return delivery(1)


def test_second_crash_while_sending_is_dead(subscribed: Subscribed) -> None:
    subscribed(send, external=True)
    given(*happened(1, 2))
    crash(streams=2)

    assert taken_back() == [counted(attempts=1, ambiguous=1), counted()]
    assert lost_attempts() == [("1", 1, "worker lost while sending")]

    Delivery.objects.filter(stream="1").update(state=State.WAITING)
    Delivery.objects.filter(stream="2").update(state=State.DONE)
    crash()
    row = delivery_after_look()
    assert (row.state, row.ambiguous) == (State.DEAD, 2)
    assert row.error.startswith("It may have been sent twice")


def test_lost_batch_is_rescued_together(
    subscribed: Subscribed, caplog: pytest.LogCaptureFixture
) -> None:
    name = subscribed(react, batch=30)
    given(*happened(*range(60)))
    running, *_sent = relayed()
    start(handlers.find(running.task), running.tickets, [])
    end_leases()
    late = poll()

    with transaction.atomic(), CaptureQueriesContext(connection) as done:
        rescue_late(late)

    assert len([one for one in done if "bus_delivery" in one["sql"]]) == 3  # one look, two verdicts
    assert set(states().values()) == {State.WAITING}
    assert Delivery.objects.filter(alone=True).count() == 30
    ids = list(Delivery.objects.order_by("id").values_list("id", flat=True))
    told = [record.getMessage() for record in caplog.records if "lost while" in record.getMessage()]
    assert told == [
        f"{name}: 30 lost while {state}: deliveries {', '.join(map(str, some))}, ..."
        for state, some in (("running", ids[:5]), ("sent", ids[30:35]))
    ]


def test_crash_while_sending_a_repeatable_effect_counts_as_crash(
    subscribed: Subscribed,
) -> None:
    subscribed(send, external=True, repeatable=True)
    given(*happened(1, 2))
    crash(streams=2)

    assert taken_back() == [counted(attempts=1, crashes=1), counted()]


def test_worker_returning_after_its_lease_is_fenced(subscribed: Subscribed) -> None:
    subscribed(react)
    given(*happened(1))
    (first,) = relayed()
    handler = handlers.find(first.task)
    frozen = start(handler, first.tickets, [])
    end_leases()
    (second,) = relayed()
    (other,) = start(handler, second.tickets, [])

    with transaction.atomic():
        assert lock_owned(frozen, State.RUNNING) == set()
        assert lock_owned([other], State.RUNNING) == {other.id}


def test_rescuing_sent_deliveries_leaves_running_ones(subscribed: Subscribed) -> None:
    subscribed(react)
    given(*happened(1, 2, 3))
    relayed()
    Delivery.objects.filter(stream="2").update(state=State.RUNNING)
    Delivery.objects.filter(stream="3").update(state=State.SENDING)

    assert rescue_sent() == 1

    assert [row.state for row in Delivery.objects.order_by("id")] == [
        "waiting",
        "running",
        "sending",
    ]


def test_claimed_delivery_that_was_not_sent_is_due_again_with_a_new_token(
    subscribed: Subscribed,
) -> None:
    subscribed(react)
    given(*happened(1, 2))
    batches = relayed()
    Delivery.objects.filter(stream="2").update(token=7)

    rescue_not_sent([ticket for batch in batches for ticket in batch.tickets])

    assert (delivery(1).state, delivery(1).token) == (State.WAITING, 2)
    assert (delivery(2).state, delivery(2).token) == (State.SENT, 7)
    assert [str(outcome) for outcome in worked(batches)] == ["2 stale"]
