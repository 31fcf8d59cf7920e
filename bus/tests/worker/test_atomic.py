"""Handlers whose effect is in our database."""

import pytest
from django.db import IntegrityError, OperationalError, connection
from django.test.utils import CaptureQueriesContext

from bus.models import Delivery, Event, State
from bus.testing import given, settle, state_of
from bus.tests.conftest import (
    Happened,
    Subscribed,
    at_once,
    delivery,
    end_leases,
    happened,
    note,
    notes,
    relayed,
    states,
    worked,
)

pytestmark = pytest.mark.django_db(transaction=True)


def react(event: Happened) -> None:
    note(f"{event.number} {event.who}")


def whole(events: list[Happened]) -> None:
    note(" ".join(str(event.number) for event in events))


def test_event_takes_effect_once(subscribed: Subscribed) -> None:
    name = subscribed(react)
    given(*happened(1))

    settle("desk")
    settle("desk")

    assert notes() == ["1 Ada Lovelace"]
    assert state_of(name, "1") == State.DONE


def test_repeated_message_does_nothing(subscribed: Subscribed) -> None:
    subscribed(react)
    given(*happened(1, 2))
    batches = relayed()

    first, second = worked(batches * 2)

    assert str(first) == "2 done"
    assert str(second) == "2 stale"
    assert len(notes()) == 2


def test_worker_rejects_message_with_stale_token(subscribed: Subscribed) -> None:
    subscribed(react)
    given(*happened(1))
    old = relayed()
    end_leases()
    new = relayed()

    assert [str(outcome) for outcome in worked(old + new)] == ["1 stale", "1 done"]
    assert len(notes()) == 1


def test_message_for_another_subscription_does_nothing(subscribed: Subscribed) -> None:
    subscribed(react)
    other = subscribed(whole)
    given(*happened(1))
    mine, theirs = relayed()

    forged = type(mine)(other, "desk", mine.tickets)

    assert str(worked([forged])[0]) == "1 stale"
    assert theirs.task == other


@pytest.mark.postgres
def test_two_workers_with_one_message_handle_it_once(subscribed: Subscribed) -> None:
    subscribed(react)
    given(*happened(*range(20)))
    batches = relayed()

    at_once(*[lambda: worked(batches)] * 4)

    assert sorted(notes()) == sorted(f"{n} Ada Lovelace" for n in range(20))
    assert set(states().values()) == {State.DONE}


def test_failure_rolls_back_its_own_effect_only(subscribed: Subscribed) -> None:
    def react(event: Happened) -> None:
        note(str(event.number))
        if event.number == 2:
            raise ValueError(f"cannot do {event.who}")

    subscribed(react)
    given(*happened(1, 2, 3))

    settle("desk")

    assert notes() == ["1", "3"]
    dead = Delivery.objects.get(state=State.DEAD)
    assert dead.stream == "2"
    assert "cannot do [personal]" in dead.error


def test_unreadable_event_is_dead_and_others_are_done(
    subscribed: Subscribed,
) -> None:
    subscribed(react)
    given(*happened(1, 2))
    strange = Event.objects.create(
        type="Happened",
        version=1,
        stream="3",
        data={"number": "many"},
        correlation="00000000-0000-0000-0000-000000000001",
    )

    settle("desk")

    assert len(notes()) == 2
    assert "UnreadableEvent: Happened version 1" in delivery(strange.stream).error


def test_integrity_error_is_dead_at_once(subscribed: Subscribed) -> None:
    def react(event: Happened) -> None:
        note("half")
        raise IntegrityError("twice")

    subscribed(react)
    given(*happened(1))

    (outcome,) = worked(relayed())

    assert str(outcome) == "1 dead"
    assert notes() == []
    assert delivery(1).attempts == 1


def test_batch_handler_is_called_once(subscribed: Subscribed) -> None:
    subscribed(whole)
    given(*happened(1, 2, 3))

    settle("desk")

    assert notes() == ["1 2 3"]


def test_failing_batch_is_handled_one_by_one(subscribed: Subscribed) -> None:
    def whole(events: list[Happened]) -> None:
        note(" ".join(str(event.number) for event in events))
        if any(event.number == 2 for event in events):
            raise ValueError

    subscribed(whole)
    given(*happened(1, 2, 3))

    settle("desk")

    assert notes() == ["1", "3"]
    assert states() == {"1": State.DONE, "2": State.DEAD, "3": State.DONE}


def test_lock_gets_all_events_before_the_first_handler(
    subscribed: Subscribed,
) -> None:
    calls: list[str] = []

    def lock(events: list[Happened]) -> None:
        assert connection.in_atomic_block
        calls.append("lock " + " ".join(str(event.number) for event in events))

    def react(event: Happened) -> None:
        calls.append(str(event.number))

    subscribed(react, lock=lock)
    given(*happened(1, 2))

    settle("desk")

    assert calls == ["lock 1 2", "1", "2"]


def test_failing_lock_isolates_the_batch(
    subscribed: Subscribed,
) -> None:
    def lock(events: list[Happened]) -> None:
        if any(event.number == 2 for event in events):
            raise OperationalError("lock timeout")

    subscribed(react, lock=lock)
    given(*happened(1, 2, 3))

    settle("desk")

    assert notes() == ["1 Ada Lovelace", "3 Ada Lovelace"]
    assert states()["2"] == State.WAITING


def statements(subscribed: Subscribed, count: int) -> int:
    """How many statements a worker needs for a message of so many deliveries."""
    given(*happened(*range(count)))
    batches = relayed()
    assert len(batches) == 1
    with CaptureQueriesContext(connection) as queries:
        worked(batches)
    return len(queries)


def test_statements_do_not_grow_with_the_batch_of_a_batch_handler(subscribed: Subscribed) -> None:
    subscribed(whole)

    two = statements(subscribed, 2)

    assert statements(subscribed, 20) == two > statements(subscribed, 1)


def test_each_delivery_costs_its_effect_and_a_savepoint(subscribed: Subscribed) -> None:
    subscribed(react)

    more = statements(subscribed, 20) - statements(subscribed, 2)

    assert more == 18 * 3  # SAVEPOINT, INSERT, RELEASE
