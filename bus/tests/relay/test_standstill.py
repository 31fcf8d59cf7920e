"""Queues that stand still: once per standstill, whoever looks."""

from datetime import timedelta

import pytest
from django.db import OperationalError
from django.db.models.functions import Now

from bus import Queue, QueueStuck, subscribe
from bus.models import Alert, Delivery, Event, State, Subscription
from bus.relay import standstill, upkeep
from bus.relay.upkeep import Upkeep
from bus.testing import given
from bus.tests.conftest import RETRY, Happened, Subscribed, at_once, happened, relayed
from bus.worker.registration import register

pytestmark = pytest.mark.django_db(transaction=True)


def succeeds(event: Happened) -> None: ...
def receive(stuck: QueueStuck) -> None: ...


@pytest.fixture
def listening(subscribed: Subscribed) -> None:
    """The alert has a subscription. `subscribed` removes the handler afterwards."""
    subscribe(QueueStuck, queue=Queue("desk"), retry=RETRY)(receive)


def alerts() -> list[Event]:
    return list(Event.objects.filter(type="QueueStuck").order_by("id"))


def hour_is_over() -> None:
    Alert.objects.update(at=Now() - timedelta(minutes=61))


def stand(streams: int = 2) -> None:
    """Deliveries that have been due for a quarter of an hour, and no worker starts them."""
    given(*happened(*range(streams)))
    relayed()
    old = Now() - timedelta(minutes=15)
    Delivery.objects.filter(state=State.SENT).update(due_since=old, due_at=old)


def test_standstill_is_published_once(subscribed: Subscribed, listening: None) -> None:
    name = subscribed(succeeds)
    stand()

    for _ in range(3):
        standstill.watch()

    (alert,) = alerts()
    assert (alert.data["queue"], alert.data["subscriptions"]) == ("desk", [name])
    assert alert.stream == "queue-desk"


def test_standstill_that_lasts_is_not_published_again(
    subscribed: Subscribed, listening: None
) -> None:
    subscribed(succeeds)
    stand()
    standstill.watch()
    hour_is_over()

    standstill.watch()

    assert len(alerts()) == 1


def test_next_standstill_is_published_after_an_hour(
    subscribed: Subscribed, listening: None
) -> None:
    subscribed(succeeds)
    stand()
    standstill.watch()
    Delivery.objects.update(state=State.DONE)
    standstill.watch()
    hour_is_over()
    Delivery.objects.update(state=State.SENT)

    standstill.watch()

    assert len(alerts()) == 2


def test_queue_that_is_far_behind_is_not_stuck(subscribed: Subscribed, listening: None) -> None:
    subscribed(succeeds)
    stand()
    Delivery.objects.filter(stream="0").update(
        state=State.RUNNING, lease_until=Now() + timedelta(minutes=1)
    )

    standstill.watch()

    assert alerts() == []


def test_paused_queue_is_not_stuck(subscribed: Subscribed, listening: None) -> None:
    subscribed(succeeds)
    stand()
    Subscription.objects.update(paused_at=Now())

    standstill.watch()

    assert alerts() == []


def test_several_relays_at_once_publish_one_standstill(
    subscribed: Subscribed, listening: None
) -> None:
    subscribed(succeeds)
    register("desk")
    stand()

    at_once(*[standstill.watch] * 3)

    assert len(alerts()) == 1


def test_relay_watches_queues_once_it_has_run_for_a_while(
    subscribed: Subscribed, listening: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    subscribed(succeeds)
    stand()

    Upkeep().watch_queues()
    assert alerts() == []

    monkeypatch.setattr(upkeep, "STANDING_FOR", timedelta(0))
    Upkeep().watch_queues()
    assert len(alerts()) == 1


def test_trouble_of_the_watch_stops_no_relay(
    subscribed: Subscribed, listening: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail() -> None:
        raise OperationalError("canceling statement due to statement timeout")

    monkeypatch.setattr(upkeep, "STANDING_FOR", timedelta(0))
    monkeypatch.setattr(standstill, "watch", fail)

    Upkeep().watch_queues()
