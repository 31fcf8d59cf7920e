"""Handlers whose effect is outside our database."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest
from django.db import transaction
from django.db.models.functions import Now
from django.utils import timezone

from bus import AfterDone, Queue, ops, publish
from bus.models import Delivery, Event, State
from bus.testing import given, settle
from bus.tests.conftest import (
    RETRY,
    Happened,
    Subscribed,
    World,
    delivery,
    end_leases,
    happened,
    make_due,
    notes,
    relayed,
    states,
    worked,
)

pytestmark = pytest.mark.django_db(transaction=True)


def test_returned_function_is_committed_with_done(subscribed: Subscribed, world: World) -> None:
    def send(event: Happened, key: str) -> AfterDone:
        after = world.send(event, key)
        return lambda: (after(), publish(Happened(about="led to", number=9)))[0]

    subscribed(send, external=True)
    given(*happened(1))
    worked(relayed())

    first, second = Event.objects.order_by("id")
    assert notes() == ["1"]
    assert delivery(1).state == State.DONE
    assert second.causation == first.uuid


def test_every_try_has_the_same_key(subscribed: Subscribed, world: World) -> None:
    def send(event: Happened, key: str) -> None:
        world.send(event, key)
        raise ConnectionError

    subscribed(send, external=True)
    given(*happened(1))
    for _ in range(2):
        settle("desk")
        make_due()

    first, second = world.keys
    assert first == second == delivery(1).key
    assert first.replace("-", "").replace(".", "").isalnum()


def test_resource_is_opened_once_per_message(subscribed: Subscribed, world: World) -> None:
    def send(event: Happened, key: str, line: str) -> AfterDone:
        assert line == "line"
        return world.send(event, key)

    subscribed(send, external=True, using=world.open)
    given(*happened(1, 2, 3))

    settle("desk")

    assert (world.opened, notes()) == (1, ["1", "2", "3"])


def test_failing_resource_delays_the_other_deliveries_without_using_up_a_try(
    subscribed: Subscribed,
) -> None:
    @contextmanager
    def refused() -> Iterator[str]:
        raise ConnectionRefusedError
        yield

    def send(event: Happened, key: str, line: str) -> None: ...

    subscribed(send, external=True, using=refused)
    given(*happened(1, 2, 3))
    least = RETRY.first_wait / 2 - timedelta(seconds=1)  # half is jitter
    before = timezone.now()

    worked(relayed())

    rows = Delivery.objects.order_by("id")
    assert all(row.retry_at and row.retry_at == row.due_at > before + least for row in rows)
    assert [(row.attempts, row.uncounted) for row in rows] == [(1, 0), (0, 0), (0, 0)]


def test_pause_releases_deliveries_not_started(subscribed: Subscribed, world: World) -> None:
    def send(event: Happened, key: str) -> AfterDone:
        ops.pause(name, by="test")
        return world.send(event, key)

    name = subscribed(send, external=True)
    given(*happened(1, 2, 3))

    (outcome,) = worked(relayed())

    assert str(outcome) == "1 done, 2 released"
    assert states() == {"1": State.DONE, "2": State.WAITING, "3": State.WAITING}
    assert [row.attempts for row in Delivery.objects.order_by("id")] == [1, 0, 0]


def test_message_of_paused_subscription_is_released(subscribed: Subscribed, world: World) -> None:
    def send(event: Happened, key: str) -> AfterDone:
        return world.send(event, key)

    name = subscribed(send, external=True)
    given(*happened(1))
    batches = relayed()
    ops.pause(name, by="test")

    assert str(worked(batches)[0]) == "1 stale"
    assert (delivery(1).state, delivery(1).attempts) == (State.WAITING, 0)
    assert world.keys == []


def test_no_delivery_starts_after_half_the_soft_limit(subscribed: Subscribed, world: World) -> None:
    def send(event: Happened, key: str) -> AfterDone:
        return world.send(event, key)

    subscribed(send, external=True, queue=Queue("desk", hard_limit=timedelta(microseconds=8)))
    given(*happened(1, 2, 3))

    (outcome,) = worked(relayed())

    assert str(outcome) == "1 done, 2 released"
    assert notes() == ["1"]


def test_event_published_in_handler_has_its_cause(subscribed: Subscribed) -> None:
    def send(event: Happened, key: str) -> None:
        if event.number:
            with transaction.atomic():
                publish(Happened(about="led to"))

    subscribed(send, external=True)
    given(*happened(1))

    settle("desk")

    first, second = Event.objects.order_by("id")
    assert second.causation == first.uuid


def test_each_start_renews_the_lease(subscribed: Subscribed) -> None:
    leased: list[int] = []

    def send(event: Happened, key: str) -> None:
        leased.append(Delivery.objects.filter(lease_until__gt=Now()).count())
        end_leases()

    subscribed(send, external=True)
    given(*happened(1, 2, 3))

    worked(relayed())

    assert leased == [3, 1, 1]
