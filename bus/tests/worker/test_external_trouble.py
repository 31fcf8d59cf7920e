"""Handlers whose effect is outside our database, when something goes wrong on the way."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from errno import EMFILE, ENOMEM

import pytest
from celery.exceptions import SoftTimeLimitExceeded
from django.db import OperationalError, connection, transaction

from bus import AfterDone, Ambiguous
from bus.models import Delivery, State
from bus.testing import given, settle
from bus.tests.conftest import (
    Happened,
    Subscribed,
    World,
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


@pytest.mark.parametrize(
    "error", [ConnectionRefusedError(), OSError(EMFILE, "Too many open files")], ids=repr
)
def test_failing_resource_fails_only_the_first_delivery(
    subscribed: Subscribed, world: World, error: Exception
) -> None:
    @contextmanager
    def refused() -> Iterator[str]:
        raise error
        yield

    def send(event: Happened, key: str, line: str) -> None: ...

    subscribed(send, external=True, using=refused)
    given(*happened(1, 2, 3))

    (outcome,) = worked(relayed())

    assert str(outcome) == "1 to try again, 2 released"
    assert [row.attempts for row in Delivery.objects.order_by("id")] == [1, 0, 0]
    assert relayed() == []


def test_resource_failing_to_close_undoes_nothing(subscribed: Subscribed, world: World) -> None:
    @contextmanager
    def sticky() -> Iterator[str]:
        yield "line"
        raise ConnectionError

    def send(event: Happened, key: str, line: str) -> AfterDone:
        return world.send(event, key)

    subscribed(send, external=True, using=sticky)
    given(*happened(1))

    settle("desk")

    assert (notes(), states()) == (["1"], {"1": State.DONE})


def test_frozen_worker_records_nothing_after_its_lease(
    subscribed: Subscribed, world: World
) -> None:
    def send(event: Happened, key: str) -> AfterDone:
        end_leases()
        relayed()
        return world.send(event, key)

    subscribed(send, external=True, repeatable=True)
    given(*happened(1))

    worked(relayed())

    assert len(world.keys) == 1
    assert notes() == []
    assert delivery(1).state == State.SENT


def test_ambiguous_try_is_repeated_once(subscribed: Subscribed, world: World) -> None:
    def send(event: Happened, key: str) -> None:
        world.send(event, key)
        raise Ambiguous("no answer")

    subscribed(send, external=True)
    given(*happened(1))

    settle("desk")
    assert (delivery(1).state, delivery(1).ambiguous) == (State.WAITING, 1)
    make_due()
    settle("desk")

    assert (delivery(1).state, delivery(1).ambiguous) == (State.DEAD, 2)
    assert len(world.keys) == 2


@pytest.mark.parametrize(
    "interruption",
    [SoftTimeLimitExceeded(), MemoryError(), OSError(ENOMEM, "Cannot allocate memory")],
    ids=["time", "memory", "memory of the system"],
)
@pytest.mark.parametrize(("repeatable", "ambiguous"), [(False, 1), (True, 0)])
def test_interruption_is_ambiguous_unless_repeatable(
    subscribed: Subscribed, repeatable: bool, ambiguous: int, interruption: Exception
) -> None:
    def send(event: Happened, key: str) -> None:
        raise interruption

    subscribed(send, external=True, repeatable=repeatable)
    given(*happened(1))

    settle("desk")

    assert (delivery(1).state, delivery(1).ambiguous) == (State.WAITING, ambiguous)


def test_effect_that_cannot_be_recorded_is_dead(subscribed: Subscribed, world: World) -> None:
    def send(event: Happened, key: str) -> AfterDone:
        world.send(event, key)

        def after() -> None:
            note("half")
            raise ConnectionError("no such row")

        return after

    subscribed(send, external=True)
    given(*happened(1, 2))

    settle("desk")

    assert len(world.keys) == 2
    assert notes() == []
    assert delivery(1).state == State.DEAD
    assert "no such row" in delivery(1).error
    assert "send took effect; recording it failed" in delivery(1).error


@pytest.mark.parametrize("trouble", [OperationalError("deadlock"), SoftTimeLimitExceeded()])
def test_database_error_while_finishing_does_not_send_again(
    subscribed: Subscribed, world: World, trouble: Exception
) -> None:
    troubles = [trouble]

    def send(event: Happened, key: str) -> AfterDone:
        record = world.send(event, key)

        def after() -> None:
            record()
            if troubles:
                raise troubles.pop()

        return after

    subscribed(send, external=True)
    given(*happened(1, 2))

    settle("desk")

    assert len(world.keys) == 2
    assert notes() == ["1", "2"]
    assert set(states().values()) == {State.DONE}


def test_lost_commit_answer_strands_no_delivery(subscribed: Subscribed, world: World) -> None:
    def lost() -> None:
        raise OperationalError("the connection broke after COMMIT")

    def send(event: Happened, key: str) -> AfterDone:
        record = world.send(event, key)

        def after() -> None:
            record()
            if event.number == 1:
                transaction.on_commit(lost)

        return after

    subscribed(send, external=True)
    given(*happened(1, 2, 3))

    settle("desk")

    assert len(world.keys) == 3
    assert notes() == ["1", "2", "3"]
    assert set(states().values()) == {State.DONE}


class AnswerLost:
    """The first change of the ledger is committed, with its transaction or as one statement, and
    nobody hears of it."""

    def __init__(self) -> None:
        self.lost = False

    def __call__(self, execute: Callable[..., object], sql: str, *rest: object) -> object:
        done = execute(sql, *rest)
        if sql.startswith("UPDATE bus_delivery") and not self.lost:
            self.lost = True
            transaction.on_commit(self._raise)  # at once, where there is no transaction
        return done

    def _raise(self) -> None:
        raise OperationalError("the connection broke after COMMIT")


@pytest.mark.parametrize("numbers", [(1, 2), (1,)], ids=["two", "alone"])
@pytest.mark.parametrize("external", [True, False])
def test_worker_recognises_its_start_after_a_lost_answer(
    subscribed: Subscribed, world: World, external: bool, numbers: tuple[int, ...]
) -> None:
    def tell(event: Happened, key: str) -> None:
        world.keys.append(str(event.number))

    def react(event: Happened) -> None:
        world.keys.append(str(event.number))

    subscribed(tell if external else react, external=external)
    given(*happened(*numbers))
    batches = relayed()
    answer = AnswerLost()

    with connection.execute_wrapper(answer):
        (outcome,) = worked(batches)

    assert answer.lost
    assert str(outcome) == f"{len(numbers)} done"
    assert world.keys == [str(number) for number in numbers]
    assert {row.attempts for row in Delivery.objects.all()} == {1}
    assert {row.ambiguous + row.crashes for row in Delivery.objects.all()} == {0}
