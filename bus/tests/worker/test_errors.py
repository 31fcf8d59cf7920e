"""What a failure means: tried again, alone, or dead."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from celery.exceptions import SoftTimeLimitExceeded
from django.db import InterfaceError, InternalError, OperationalError, connection, transaction
from django.db.models.functions import Now

from bus.models import Delivery, State
from bus.testing import given, settle
from bus.tests.conftest import (
    Happened,
    Subscribed,
    delivery,
    end_leases,
    happened,
    make_due,
    note,
    notes,
    relayed,
    states,
    worked,
)

pytestmark = pytest.mark.django_db(transaction=True)


def failing(error: Exception, number: int = 2, times: int = 99) -> Callable[[Happened], None]:
    """A handler that fails so often for one event, after it has written something."""
    left = [times]

    def react(event: Happened) -> None:
        note(str(event.number))
        if event.number == number and left[0]:
            left[0] -= 1
            raise error

    return react


def due_in(row: Delivery, least: timedelta, most: timedelta) -> bool:
    late = timedelta(seconds=20)  # what a slow machine may take until here
    soon = Delivery.objects.filter(pk=row.pk, due_at__gt=Now() + least - late)
    return soon.filter(due_at__lte=Now() + most).exists()


def test_transient_error_is_retried_until_the_last_try(
    subscribed: Subscribed,
) -> None:
    subscribed(failing(ConnectionError("refused")))
    given(*happened(2))

    for attempts, longest in ((1, 10), (2, 20)):
        settle("desk")
        row = delivery(2)
        assert (row.state, row.attempts) == (State.WAITING, attempts)
        assert due_in(row, timedelta(seconds=longest / 2), timedelta(seconds=longest))
        assert not due_in(row, timedelta(0), timedelta(seconds=longest / 2 - 5))
        make_due()
    settle("desk")

    row = delivery(2)
    assert (row.state, row.attempts) == (State.DEAD, 3)
    assert "ConnectionError: refused" in row.error
    assert row.closed_at is not None
    assert notes() == []


@pytest.mark.parametrize(
    "error",
    [
        OperationalError("deadlock detected"),
        InterfaceError("gone"),
        InternalError("terminating connection due to idle-in-transaction timeout"),
        SoftTimeLimitExceeded(),
        MemoryError(),
    ],
    ids=["deadlock", "lost connection", "idle in a transaction", "soft time limit", "memory"],
)
def test_database_error_rolls_back_and_isolates_the_batch(
    subscribed: Subscribed, error: Exception
) -> None:
    subscribed(failing(error, times=1))
    given(*happened(1, 2, 3))

    (outcome,) = worked(relayed())
    assert str(outcome) == "3 to try again"
    assert notes() == []
    alone = relayed()
    worked(alone)

    assert [len(batch.tickets) for batch in alone] == [1, 1, 1]
    assert notes() == ["1", "2", "3"]
    assert set(states().values()) == {State.DONE}


def test_lasting_database_error_is_transient_for_its_delivery(subscribed: Subscribed) -> None:
    subscribed(failing(SoftTimeLimitExceeded()))
    given(*happened(1, 2, 3))

    settle("desk")
    assert states() == {"1": State.DONE, "2": State.WAITING, "3": State.DONE}
    make_due()
    settle("desk")

    assert delivery(2).state == State.DEAD
    assert delivery(2).attempts == 3


@pytest.mark.parametrize("external", [False, True])
def test_short_database_outage_loses_no_message(subscribed: Subscribed, external: bool) -> None:
    def react(event: Happened) -> None:
        note(str(event.number))

    def send(event: Happened, key: str) -> None:
        note(str(event.number))

    away = [OperationalError("the database system is starting up")]

    def query(execute: Any, *about: Any) -> Any:
        if away:
            raise away.pop()
        return execute(*about)

    subscribed(send if external else react, external=external)
    given(*happened(1))
    message = relayed()

    with connection.execute_wrapper(query):
        worked(message)

    assert (notes(), states()) == (["1"], {"1": State.DONE})


def test_failing_on_commit_hook_does_not_repeat_the_effect(
    subscribed: Subscribed,
) -> None:
    def react(event: Happened) -> None:
        note(str(event.number))
        transaction.on_commit(lambda: 1 / 0)

    subscribed(react)
    given(*happened(1, 2))

    settle("desk")

    assert notes() == ["1", "2"]
    assert set(states().values()) == {State.DONE}


@pytest.mark.parametrize("what", ["\x00", "\udce4"], ids=["NUL", "a lone surrogate"])
def test_error_text_the_database_cannot_store_is_escaped(subscribed: Subscribed, what: str) -> None:
    subscribed(failing(ValueError(f"the server said {what}!")))
    given(*happened(1, 2))

    settle("desk")

    assert states() == {"1": State.DONE, "2": State.DEAD}
    assert "the server said \\" in delivery(2).error


def test_deliveries_of_a_died_worker_are_isolated(subscribed: Subscribed) -> None:
    subscribed(failing(ValueError(), times=0))
    given(*happened(1, 2))
    relayed()
    Delivery.objects.update(state=State.RUNNING, attempts=1)
    end_leases()

    batches = relayed()

    assert [len(batch.tickets) for batch in batches] == [1, 1]
    assert {row.crashes for row in Delivery.objects.all()} == {0}


def test_handler_out_of_memory_ends_dead(subscribed: Subscribed) -> None:
    def react(event: Happened) -> None:
        if event.number == 2:
            bytearray(2**60)
        note(str(event.number))

    subscribed(react)
    given(*happened(1, 2, 3))

    for _ in range(4):
        settle("desk")
        make_due()

    assert states() == {"1": State.DONE, "2": State.DEAD, "3": State.DONE}
    assert (delivery(2).attempts, notes()) == (3, ["1", "3"])


def test_traceback_has_no_personal_data_of_the_event(subscribed: Subscribed) -> None:
    def react(event: Happened) -> None:
        raise KeyError({"who": event.who})

    subscribed(react)
    given(Happened(about="2", who="Grace O'Hopper"))

    settle("desk")

    assert "Hopper" not in delivery(2).error
    assert "[personal]" in delivery(2).error


def test_traceback_has_no_personal_data_of_the_stream(
    subscribed: Subscribed,
) -> None:
    def react(event: Happened) -> None:
        raise ValueError("cannot greet GRACE HOPPER, <grace@example.com>")

    subscribed(react)
    given(Happened(about="2", who="Grace Hopper"), Happened(about="2", who=""))

    settle("desk")

    for row in Delivery.objects.all():
        assert "ValueError: cannot greet [personal], <[address]>" in row.error
