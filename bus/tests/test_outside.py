"""Handlers whose effect is outside our database."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest
from celery.exceptions import SoftTimeLimitExceeded
from django.db import OperationalError, connection, transaction

from bus import AfterDone, Ambiguous, Queue, operations, publish
from bus.models import Delivery, Event, State
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


class World:
    """The other side: what arrived there, under which key."""

    def __init__(self) -> None:
        self.keys: list[str] = []
        self.opened = 0

    def send(self, fact: Happened, key: str) -> AfterDone:
        assert not connection.in_atomic_block
        self.keys.append(key)
        return lambda: note(str(fact.number))

    @contextmanager
    def open(self) -> Iterator[str]:
        self.opened += 1
        yield "line"


@pytest.fixture
def world() -> World:
    return World()


def test_what_is_returned_is_committed_with_done(subscribed: Subscribed, world: World) -> None:
    def send(fact: Happened, key: str) -> AfterDone:
        after = world.send(fact, key)
        return lambda: (after(), publish(Happened(about="led to", number=9)))[0]

    subscribed(send, outside=True)
    given(*happened(1))
    worked(relayed())

    first, second = Event.objects.order_by("id")
    assert notes() == ["1"]
    assert delivery(1).state == State.DONE
    assert second.causation == first.uuid


def test_the_key_is_the_same_at_every_try(subscribed: Subscribed, world: World) -> None:
    def send(fact: Happened, key: str) -> None:
        world.send(fact, key)
        raise ConnectionError

    subscribed(send, outside=True)
    given(*happened(1))
    for _ in range(2):
        settle("desk")
        make_due()

    first, second = world.keys
    assert first == second == delivery(1).key
    assert first.replace("-", "").replace(".", "").isalnum()


def test_a_resource_is_opened_once_for_a_message(subscribed: Subscribed, world: World) -> None:
    def send(fact: Happened, key: str, line: str) -> AfterDone:
        assert line == "line"
        return world.send(fact, key)

    subscribed(send, outside=True, using=world.open)
    given(*happened(1, 2, 3))

    settle("desk")

    assert (world.opened, notes()) == (1, ["1", "2", "3"])


def test_where_nothing_can_be_opened_only_the_first_has_failed(
    subscribed: Subscribed, world: World
) -> None:
    @contextmanager
    def refused() -> Iterator[str]:
        raise ConnectionRefusedError
        yield

    def send(fact: Happened, key: str, line: str) -> None: ...

    subscribed(send, outside=True, using=refused)
    given(*happened(1, 2, 3))

    (outcome,) = worked(relayed())

    assert str(outcome) == "1 to try again, 2 handed back"
    assert [row.attempts for row in Delivery.objects.order_by("id")] == [1, 0, 0]
    assert relayed() == []


def test_a_resource_that_cannot_be_closed_undoes_nothing(
    subscribed: Subscribed, world: World
) -> None:
    @contextmanager
    def sticky() -> Iterator[str]:
        yield "line"
        raise ConnectionError

    def send(fact: Happened, key: str, line: str) -> AfterDone:
        return world.send(fact, key)

    subscribed(send, outside=True, using=sticky)
    given(*happened(1))

    settle("desk")

    assert (notes(), states()) == (["1"], {"1": State.DONE})


def test_a_frozen_worker_that_wakes_after_its_lease_records_nothing(
    subscribed: Subscribed, world: World
) -> None:
    def send(fact: Happened, key: str) -> AfterDone:
        end_leases()
        relayed()
        return world.send(fact, key)

    subscribed(send, outside=True, repeatable=True)
    given(*happened(1))

    worked(relayed())

    assert len(world.keys) == 1
    assert notes() == []
    assert delivery(1).state == State.SENT


def test_an_ambiguous_try_is_repeated_once(subscribed: Subscribed, world: World) -> None:
    def send(fact: Happened, key: str) -> None:
        world.send(fact, key)
        raise Ambiguous("no answer")

    subscribed(send, outside=True)
    given(*happened(1))

    settle("desk")
    assert (delivery(1).state, delivery(1).ambiguous) == (State.WAITING, 1)
    make_due()
    settle("desk")

    assert (delivery(1).state, delivery(1).ambiguous) == (State.DEAD, 2)
    assert len(world.keys) == 2


@pytest.mark.parametrize(("repeatable", "ambiguous"), [(False, 1), (True, 0)])
def test_the_soft_time_limit_is_ambiguous_unless_repeating_is_harmless(
    subscribed: Subscribed, repeatable: bool, ambiguous: int
) -> None:
    def send(fact: Happened, key: str) -> None:
        raise SoftTimeLimitExceeded

    subscribed(send, outside=True, repeatable=repeatable)
    given(*happened(1))

    settle("desk")

    assert (delivery(1).state, delivery(1).ambiguous) == (State.WAITING, ambiguous)


def test_a_pause_hands_back_what_has_not_begun(subscribed: Subscribed, world: World) -> None:
    def send(fact: Happened, key: str) -> AfterDone:
        operations.pause(name, by="test")
        return world.send(fact, key)

    name = subscribed(send, outside=True)
    given(*happened(1, 2, 3))

    (outcome,) = worked(relayed())

    assert str(outcome) == "1 done, 2 handed back"
    assert states() == {"1": State.DONE, "2": State.WAITING, "3": State.WAITING}
    assert [row.attempts for row in Delivery.objects.order_by("id")] == [1, 0, 0]


def test_a_message_for_a_paused_subscription_is_handed_back(
    subscribed: Subscribed, world: World
) -> None:
    def send(fact: Happened, key: str) -> AfterDone:
        return world.send(fact, key)

    name = subscribed(send, outside=True)
    given(*happened(1))
    batches = relayed()
    operations.pause(name, by="test")

    assert str(worked(batches)[0]) == "1 not owed"
    assert (delivery(1).state, delivery(1).attempts) == (State.WAITING, 0)
    assert world.keys == []


def test_nothing_more_begins_after_half_the_soft_limit(
    subscribed: Subscribed, world: World
) -> None:
    def send(fact: Happened, key: str) -> AfterDone:
        return world.send(fact, key)

    subscribed(send, outside=True, queue=Queue("desk", hard_limit=timedelta(microseconds=8)))
    given(*happened(1, 2, 3))

    (outcome,) = worked(relayed())

    assert str(outcome) == "1 done, 2 handed back"
    assert notes() == ["1"]


def test_an_effect_that_cannot_be_recorded_is_dead_and_says_so(
    subscribed: Subscribed, world: World
) -> None:
    def send(fact: Happened, key: str) -> AfterDone:
        world.send(fact, key)

        def after() -> None:
            note("half")
            raise ConnectionError("no such row")

        return after

    subscribed(send, outside=True)
    given(*happened(1, 2))

    settle("desk")

    assert len(world.keys) == 2
    assert notes() == []
    assert delivery(1).state == State.DEAD
    assert "send took effect, but: no such row" in delivery(1).error


@pytest.mark.parametrize("trouble", [OperationalError("deadlock"), SoftTimeLimitExceeded()])
def test_trouble_while_closing_is_overcome_without_sending_again(
    subscribed: Subscribed, world: World, trouble: Exception
) -> None:
    troubles = [trouble]

    def send(fact: Happened, key: str) -> AfterDone:
        record = world.send(fact, key)

        def after() -> None:
            record()
            if troubles:
                raise troubles.pop()

        return after

    subscribed(send, outside=True)
    given(*happened(1, 2))

    settle("desk")

    assert len(world.keys) == 2
    assert notes() == ["1", "2"]
    assert set(states().values()) == {State.DONE}


def test_a_fact_stated_in_the_body_knows_its_cause(subscribed: Subscribed) -> None:
    def send(fact: Happened, key: str) -> None:
        if fact.number:
            with transaction.atomic():
                publish(Happened(about="led to"))

    subscribed(send, outside=True)
    given(*happened(1))

    settle("desk")

    first, second = Event.objects.order_by("id")
    assert second.causation == first.uuid
