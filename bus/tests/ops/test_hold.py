"""A subscription that is held while its past is written, and what becomes of a holder's death."""

import os
import signal
from contextlib import ExitStack, suppress
from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.db.models.functions import Now
from django.utils import timezone

from bus.models import Delivery, State, Subscription
from bus.ops import Refused
from bus.ops.backfill import backfill
from bus.ops.hold import held
from bus.store.claims import claim
from bus.store.outbox import fan_out
from bus.store.poll import poll
from bus.testing import given
from bus.tests.conftest import (
    Happened,
    Subscribed,
    World,
    happened,
    make_due,
    note,
    notes,
    relayed,
    states,
    worked,
)
from bus.worker.registration import register

pytestmark = pytest.mark.django_db(transaction=True)


def react(event: Happened) -> None:
    note(str(event.number))


def registered(name: str) -> Subscription:
    register("desk")
    return Subscription.objects.get(name=name)


def hold_is_over() -> None:
    Subscription.objects.update(held_until=Now() - timedelta(seconds=1))


def test_held_subscription_is_not_claimed(subscribed: Subscribed) -> None:
    row = registered(subscribed(react))
    given(*happened(1))

    with held(row):
        assert relayed() == []

    assert len(relayed()) == 1


def test_poll_before_the_hold_claims_nothing_after_it(subscribed: Subscribed) -> None:
    row = registered(subscribed(react))
    given(*happened(1))
    fan_out()
    seen = poll()

    with held(row):
        assert claim(seen) == []


def test_worker_releases_deliveries_not_started_on_hold(subscribed: Subscribed) -> None:
    row = registered(subscribed(react))
    given(*happened(1))
    batches = relayed()

    with held(row):
        worked(batches)

    assert notes() == []
    assert states() == {"1": State.WAITING}
    worked(relayed())
    assert notes() == ["1"]


def test_external_worker_starts_no_further_delivery_on_hold(
    subscribed: Subscribed, world: World
) -> None:
    def send(event: Happened, key: str) -> None:
        world.keys.append(key)
        Subscription.objects.update(held_until=Now() + timedelta(seconds=30))

    subscribed(send, external=True)
    given(*happened(1, 2))

    worked(relayed())

    assert len(world.keys) == 1
    assert sorted(states().values()) == [State.DONE, State.WAITING]


def test_subscription_has_one_hold_at_a_time(subscribed: Subscribed) -> None:
    row = registered(subscribed(react))

    with (
        held(row),
        pytest.raises(Refused, match="is running, or was killed less than 30 seconds ago"),
        held(row),
    ):
        pass

    row.refresh_from_db()
    assert row.held_until is None


def test_expired_hold_is_reported_to_its_holder(subscribed: Subscribed) -> None:
    row = registered(subscribed(react))

    with held(row) as keep:
        keep()
        hold_is_over()
        with pytest.raises(Refused, match="has expired"):
            keep()


def test_expired_holder_does_not_release_the_next_hold(
    subscribed: Subscribed,
) -> None:
    row = registered(subscribed(react))

    with ExitStack() as first, ExitStack() as second:
        keep = first.enter_context(held(row))
        hold_is_over()
        keep_by_the_next = second.enter_context(held(row))

        with pytest.raises(Refused, match="has expired"):
            keep()
        first.close()

        keep_by_the_next()


def test_rolled_back_step_releases_the_hold(subscribed: Subscribed) -> None:
    row = registered(subscribed(react))

    with suppress(ZeroDivisionError), held(row) as keep, transaction.atomic():
        keep()
        raise ZeroDivisionError

    row.refresh_from_db()
    assert row.held_until is None


def test_hold_of_killed_backfill_expires_after_half_a_minute(
    subscribed: Subscribed,
) -> None:
    given(*(Happened(about="a", number=number) for number in (1, 2, 3)))
    fan_out()
    row = registered(subscribed(react, ordered=True))
    Delivery.objects.all().delete()  # what the sweep of the last minute gave it
    since = timezone.now() - timedelta(days=1)

    connection.close()
    if (child := os.fork()) == 0:
        steps = backfill(row.name, since=since, rate=1, by="ada")
        next(steps)
        os.kill(os.getpid(), signal.SIGKILL)
    assert os.waitpid(child, 0)[1] == signal.SIGKILL

    assert Delivery.objects.count() == 1
    assert relayed() == []
    row.refresh_from_db()
    assert row.held_until is not None
    assert timedelta(seconds=20) < row.held_until - timezone.now() <= timedelta(seconds=30)
    with pytest.raises(Refused, match="wait that long and try again"):
        list(backfill(row.name, since=since, rate=1, by="ada"))

    hold_is_over()
    assert sum(backfill(row.name, since=since, rate=1, by="ada")) == 2
    for _ in range(3):
        make_due()
        worked(relayed())
    assert notes() == ["1", "2", "3"]


def test_deliveries_staying_in_flight_end_the_backfill(subscribed: Subscribed) -> None:
    row = registered(subscribed(react, ordered=True))
    given(*happened(1))
    relayed()

    since = timezone.now() - timedelta(days=1)
    with pytest.raises(Refused, match="still has deliveries in flight"):
        list(backfill(row.name, since=since, rate=1, by="ada", idle_within=timedelta(0)))

    row.refresh_from_db()
    assert row.held_until is None
