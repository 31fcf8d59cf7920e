"""Live deliveries are claimed before those of a backfill and what an operator repeats."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db.models.functions import Now
from django.utils import timezone

from bus import Queue, models
from bus.models import Delivery, State
from bus.ops import deliver_again
from bus.ops.backfill import backfill
from bus.store import inspection
from bus.store.claims import Batch, claim
from bus.store.in_flight import PASSED_OVER, InFlight
from bus.store.marks import Marks
from bus.store.outbox import fan_out
from bus.store.poll import poll
from bus.testing import given, settle
from bus.tests.conftest import Happened, Subscribed, happened, note, notes, worked
from bus.tests.long_past import insert, read
from bus.worker.registration import register

pytestmark = pytest.mark.django_db(transaction=True)

LONG_AGO = timedelta(hours=1)
OLD = 200

Claim = Callable[[InFlight], list[Batch]]


def react(event: Happened) -> None:
    note(str(event.number))


def react_too(event: Happened) -> None: ...


def by_relay(relay: InFlight) -> list[Batch]:
    return claim(poll(), in_flight=relay)


def by_work(relay: InFlight) -> list[Batch]:
    return claim(poll(), in_flight=relay, messages=1, full_batches=False)


both_loops = pytest.mark.parametrize("claimed", [by_relay, by_work])


def backfilled(name: str, count: int = OLD) -> None:
    """Deliveries of old events that have all been due for an hour."""
    given(*happened(*range(count)))
    fan_out()
    Delivery.objects.all().delete()
    since = Now() - LONG_AGO
    assert sum(backfill(name, since=timezone.now() - LONG_AGO, rate=count, by="ada")) == count
    Delivery.objects.update(due_at=since, due_since=since)


def placed_today(*numbers: int) -> set[int]:
    """New deliveries, due since just now."""
    before = set(Delivery.objects.values_list("pk", flat=True))
    given(*happened(*numbers))
    fan_out()
    Delivery.objects.exclude(pk__in=before).update(due_at=Now() - timedelta(seconds=1))
    return set(Delivery.objects.exclude(pk__in=before).values_list("pk", flat=True))


def ids(batches: list[Batch]) -> list[int]:
    return [pk for batch in batches for pk, _token in batch.tickets]


@pytest.fixture
def name(subscribed: Subscribed) -> str:
    name = subscribed(react, batch=10)
    register("desk")
    return name


@both_loops
def test_new_deliveries_are_claimed_before_a_backfill(name: str, claimed: Claim) -> None:
    backfilled(name)
    today = placed_today(*range(1000, 1010))

    found = ids(claimed(InFlight()))

    assert set(found[:10]) == today
    assert set(found[10:]) <= set(Delivery.objects.filter(bulk=True).values_list("pk", flat=True))


@both_loops
def test_bulk_gets_a_turn_beside_traffic_that_never_ends(name: str, claimed: Claim) -> None:
    backfilled(name)
    placed_today(*range(1000, 1000 + 20 * (PASSED_OVER + 1)))
    models.Subscription.objects.update(window=10)
    relay, claims = InFlight(), []

    for _ in range(2 * (PASSED_OVER + 1)):
        found = ids(claimed(relay))
        claims.append(Delivery.objects.filter(pk__in=found, bulk=True).count())
        Delivery.objects.filter(pk__in=found).update(state=State.DONE)

    assert claims == [*[0] * PASSED_OVER, 10] * 2


@pytest.mark.postgres
def test_live_deliveries_are_found_without_reading_bulk(name: str) -> None:
    insert("'waiting'", bulk="TRUE", due_at="NOW() - INTERVAL '1 hour'")
    today = placed_today(*range(100_000, 100_010))
    models.Subscription.objects.update(window=10)
    marks = Marks()
    poll(marks)
    before = read()["bus_delivery"]

    found = ids(claim(poll(marks)))

    assert set(found) == today
    assert read()["bus_delivery"] - before < 300


def test_room_that_live_deliveries_leave_is_for_bulk(name: str) -> None:
    backfilled(name)
    today = placed_today(1000)

    batches = by_relay(InFlight())

    assert ids(batches[:1]) == list(today)
    assert [len(batch.tickets) for batch in batches[1:]] == [10, 10, 10]


def test_what_an_operator_repeats_is_bulk(name: str) -> None:
    old = placed_today(*range(20))
    worked(by_relay(InFlight()))
    deliver_again(old, by="ada", finished=True)
    Delivery.objects.filter(bulk=True).update(due_at=Now() - LONG_AGO)
    today = placed_today(1000)

    assert ids(by_relay(InFlight()))[:1] == list(today)
    assert Delivery.objects.filter(bulk=True).count() == 20


def test_subscription_with_bulk_alone_comes_after_those_with_live_ones(
    name: str, subscribed: Subscribed
) -> None:
    backfilled(name)
    other = subscribed(react_too)
    register("desk")
    placed_today(1000)
    Delivery.objects.filter(subscription__name=name, bulk=False).delete()

    assert [batch.task for batch in by_work(InFlight())] == [other]


def test_permits_go_to_live_deliveries_first(subscribed: Subscribed) -> None:
    name = subscribed(react, queue=Queue("desk", rate="5/s"), batch=10)
    register("desk")
    backfilled(name)
    today = placed_today(*range(1000, 1005))
    models.Queue.objects.update(empty_at=None)

    assert set(ids(by_relay(InFlight()))) == today


def test_lane_of_a_bulk_delivery_is_kept(subscribed: Subscribed) -> None:
    subscribed(react, ordered=True)
    register("desk")
    given(Happened(about="a", number=1))
    settle("desk")
    deliver_again(Delivery.objects.values_list("pk", flat=True), by="ada", finished=True)
    given(Happened(about="a", number=2))
    fan_out()

    found = by_relay(InFlight())

    assert ids(found) == [Delivery.objects.get(event__data__number=1).pk]
    worked(found)
    settle("desk")
    assert notes() == ["1", "1", "2"]


def test_backfill_is_no_standstill_while_its_queue_works(name: str) -> None:
    backfilled(name, 3)
    assert [row.subscription.name for row in inspection.standing()] == [name]

    subscription = models.Subscription.objects.get(name=name)
    models.Pace.objects.create(subscription=subscription, minute=Now(), bucket=1, done=1)

    assert inspection.standing() == []
