"""Quiet events: handled as usual, and noticed by nobody outside the project."""

import pytest
from django.db import transaction

from bus import Queue, publish, subscribe
from bus.audit import events_have_deliveries
from bus.context import Origin, handling
from bus.models import Delivery, Event, State, Subscription
from bus.ops import deliver_again
from bus.selectors import settled
from bus.store.outbox import fan_out
from bus.testing import given, settle
from bus.tests.conftest import RETRY, Happened, Subscribed, World, happened, note, notes, states
from bus.worker.registration import register

pytestmark = pytest.mark.django_db(transaction=True)


class FollowedUp(Happened, frozen=True, kw_only=True):
    """What comes of something that happened."""


def given_suppressed(*events: Happened) -> None:
    """State these events as the consequences of a quiet one."""
    for event in events:
        with transaction.atomic(), handling([(event, Origin(suppressed=True))]):
            publish(event)


def react(event: Happened) -> None:
    note(str(event.number))


def follow_up(event: Happened) -> None:
    publish(FollowedUp(about=event.about, number=event.number))


def test_external_handler_is_suppressible_by_default(subscribed: Subscribed, world: World) -> None:
    def draw(event: Happened, key: str) -> None: ...

    subscribed(react)
    subscribed(world.send, external=True)
    subscribed(draw, external=True, suppressible=False)
    register("desk")

    visible = Subscription.objects.filter(suppressible=True).values_list("name", flat=True)
    assert [name.rsplit(".")[-1] for name in visible] == ["send"]


def test_suppressed_event_runs_no_suppressible_handler(
    subscribed: Subscribed, world: World
) -> None:
    subscribed(react)
    subscribed(world.send, external=True)
    given_suppressed(*happened(1))
    given(*happened(2))

    settle("desk")

    assert notes() == ["1", "2", "2"]
    assert len(world.keys) == 1
    kept = Delivery.objects.get(state=State.DISCARDED)
    assert kept.stream == "1"
    assert kept.closed_at is not None
    assert kept.error.startswith("Suppressed by a backfill;")
    assert settled("1")
    assert list(events_have_deliveries()) == []


def test_events_of_a_suppressed_delivery_are_suppressed(
    subscribed: Subscribed, world: World
) -> None:
    subscribed(follow_up)
    subscribe(FollowedUp, queue=Queue("desk"), retry=RETRY, external=True)(world.send)
    given_suppressed(*happened(1))
    given(*happened(2))

    settle("desk")

    quiet = dict(Event.objects.filter(type="FollowedUp").values_list("stream", "suppressed"))
    assert quiet == {"1": True, "2": False}
    assert len(world.keys) == 1


def test_consequences_in_a_batch_are_suppressed_by_cause(subscribed: Subscribed) -> None:
    def follow_all(events: list[Happened]) -> None:
        for event in events:
            publish(FollowedUp(about=event.about), cause=event)

    subscribed(follow_all)
    given_suppressed(*happened(1))
    given(*happened(2))

    settle("desk")

    quiet = dict(Event.objects.filter(type="FollowedUp").values_list("stream", "suppressed"))
    assert quiet == {"1": True, "2": False}


def test_redelivered_suppressed_delivery_takes_effect(subscribed: Subscribed, world: World) -> None:
    subscribed(world.send, external=True)
    given_suppressed(*happened(1))
    settle("desk")
    assert world.keys == []

    deliver_again(Delivery.objects.values_list("pk", flat=True), by="ada", finished=True)
    settle("desk")

    assert len(world.keys) == 1
    assert states() == {"1": State.DONE}


def test_events_of_a_redelivered_suppressed_delivery_are_not_suppressed(
    subscribed: Subscribed,
) -> None:
    subscribed(follow_up, suppressible=True)
    given_suppressed(*happened(1))
    settle("desk")
    assert states() == {"1": State.DISCARDED}

    deliver_again(Delivery.objects.values_list("pk", flat=True), by="ada", finished=True)
    settle("desk")

    assert not Event.objects.get(type="FollowedUp").suppressed


def test_redelivered_delivery_of_suppressed_event_stays_suppressed(subscribed: Subscribed) -> None:
    broken = [True]

    def follow_up(event: Happened) -> None:
        if broken:
            broken.pop()
            raise ValueError
        publish(FollowedUp(about=event.about))

    subscribed(follow_up)
    given_suppressed(*happened(1))
    settle("desk")
    assert states() == {"1": State.DEAD}

    deliver_again(Delivery.objects.values_list("pk", flat=True), by="ada")
    settle("desk")

    assert Event.objects.get(type="FollowedUp").suppressed


def test_new_suppressible_subscription_gets_no_suppressed_event(
    subscribed: Subscribed, world: World
) -> None:
    given_suppressed(*happened(1))
    fan_out()
    subscribed(world.send, external=True)

    register("desk")

    assert states() == {"1": State.DISCARDED}
