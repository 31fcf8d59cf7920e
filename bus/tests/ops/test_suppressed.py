"""Quiet events: handled as usual, and noticed by nobody outside the shop."""

import pytest
from django.db import transaction

from bus import Queue, publish, subscribe
from bus.audit import events_not_owed
from bus.context import Origin, handling
from bus.models import Delivery, Event, State, Subscription
from bus.ops import deliver_again
from bus.selectors import settled
from bus.store.outbox import route
from bus.testing import given, settle
from bus.tests.conftest import RETRY, Happened, Subscribed, World, happened, note, notes, states
from bus.worker.registration import register

pytestmark = pytest.mark.django_db(transaction=True)


class FollowedUp(Happened, frozen=True, kw_only=True):
    """What comes of something that happened."""


def given_quietly(*events: Happened) -> None:
    """State these events as the consequences of a quiet one."""
    for event in events:
        with transaction.atomic(), handling([(event, Origin(suppressed=True))]):
            publish(event)


def react(event: Happened) -> None:
    note(str(event.number))


def follow_up(event: Happened) -> None:
    publish(FollowedUp(about=event.about, number=event.number))


def test_what_reaches_outside_is_visible_unless_it_says_otherwise(
    subscribed: Subscribed, world: World
) -> None:
    def draw(event: Happened, key: str) -> None: ...

    subscribed(react)
    subscribed(world.send, external=True)
    subscribed(draw, external=True, suppressible=False)
    register("desk")

    visible = Subscription.objects.filter(suppressible=True).values_list("name", flat=True)
    assert [name.rsplit(".")[-1] for name in visible] == ["send"]


def test_a_quiet_event_is_handled_and_nobody_outside_notices(
    subscribed: Subscribed, world: World
) -> None:
    subscribed(react)
    subscribed(world.send, external=True)
    given_quietly(*happened(1))
    given(*happened(2))

    settle("desk")

    assert notes() == ["1", "2", "2"]
    assert len(world.keys) == 1
    kept = Delivery.objects.get(state=State.DISCARDED)
    assert kept.stream == "1"
    assert kept.closed_at is not None
    assert kept.error.startswith("Quiet: nobody outside the shop was to notice.")
    assert settled("1")
    assert list(events_not_owed()) == []


def test_what_a_quiet_delivery_leads_to_is_quiet_too(subscribed: Subscribed, world: World) -> None:
    subscribed(follow_up)
    subscribe(FollowedUp, queue=Queue("desk"), retry=RETRY, external=True)(world.send)
    given_quietly(*happened(1))
    given(*happened(2))

    settle("desk")

    quiet = dict(Event.objects.filter(type="FollowedUp").values_list("stream", "suppressed"))
    assert quiet == {"1": True, "2": False}
    assert len(world.keys) == 1


def test_of_a_batch_each_consequence_is_as_quiet_as_its_cause(subscribed: Subscribed) -> None:
    def follow_all(events: list[Happened]) -> None:
        for event in events:
            publish(FollowedUp(about=event.about), cause=event)

    subscribed(follow_all)
    given_quietly(*happened(1))
    given(*happened(2))

    settle("desk")

    quiet = dict(Event.objects.filter(type="FollowedUp").values_list("stream", "suppressed"))
    assert quiet == {"1": True, "2": False}


def test_what_was_kept_quiet_is_as_loud_as_any_when_it_is_delivered_again(
    subscribed: Subscribed, world: World
) -> None:
    subscribed(world.send, external=True)
    given_quietly(*happened(1))
    settle("desk")
    assert world.keys == []

    deliver_again(Delivery.objects.values_list("pk", flat=True), by="ada", finished=True)
    settle("desk")

    assert len(world.keys) == 1
    assert states() == {"1": State.DONE}


def test_a_quiet_delivery_that_is_delivered_again_stays_quiet(subscribed: Subscribed) -> None:
    broken = [True]

    def follow_up(event: Happened) -> None:
        if broken:
            broken.pop()
            raise ValueError
        publish(FollowedUp(about=event.about))

    subscribed(follow_up)
    given_quietly(*happened(1))
    settle("desk")
    assert states() == {"1": State.DEAD}

    deliver_again(Delivery.objects.values_list("pk", flat=True), by="ada")
    settle("desk")

    assert Event.objects.get(type="FollowedUp").suppressed


def test_a_new_visible_subscription_gets_no_quiet_event_of_the_last_minute(
    subscribed: Subscribed, world: World
) -> None:
    given_quietly(*happened(1))
    route()
    subscribed(world.send, external=True)

    register("desk")

    assert states() == {"1": State.DISCARDED}
