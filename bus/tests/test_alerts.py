"""Alerts are published with what they report, once per cause and hour, and to whoever asked."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db.models.functions import Now

from bus import DeliveryDied, DomainEvent, Queue, handlers, subscribe
from bus.models import Alert, Delivery, Event, State
from bus.store.starts import start
from bus.testing import given, settle
from bus.tests.conftest import (
    RETRY,
    Happened,
    Subscribed,
    at_once,
    delivery,
    end_leases,
    happened,
    relayed,
    worked,
)

pytestmark = pytest.mark.django_db(transaction=True)

RECEIVED: list[DomainEvent] = []
DESK = Queue("desk")


def fails(event: Happened) -> None:
    raise ValueError("wrong") if event.number % 2 else KeyError("missing")


def succeeds(event: Happened) -> None: ...


def receive_death(died: DeliveryDied) -> None:
    RECEIVED.append(died)


@pytest.fixture
def listening(subscribed: Subscribed) -> None:
    """The alert has a subscription. `subscribed` removes the handler afterwards."""
    RECEIVED.clear()
    subscribe(DeliveryDied, queue=DESK, retry=RETRY)(receive_death)


def alerts(kind: type[DomainEvent]) -> list[Event]:
    return list(Event.objects.filter(type=kind.__name__).order_by("id"))


def hour_is_over() -> None:
    Alert.objects.update(at=Now() - timedelta(minutes=61))


def test_death_is_published_once_for_each_group(subscribed: Subscribed, listening: None) -> None:
    name = subscribed(fails)
    given(*happened(1, 2, 3, 4))
    settle("desk")

    died = [one for one in RECEIVED if isinstance(one, DeliveryDied)]
    assert {one.kind for one in died} == {"ValueError", "KeyError"}
    assert len(died) == 2
    (first,) = [one for one in died if one.kind == "ValueError"]
    row = delivery(3)  # the last of the message's deaths stands for its group
    assert (first.subscription, first.queue, first.attempts) == (name, "desk", 1)
    assert first.failure == row.failure_key
    assert first.frame.endswith(" fails")


def test_death_is_published_again_after_an_hour(subscribed: Subscribed, listening: None) -> None:
    subscribed(fails)
    given(*happened(1))
    settle("desk")
    given(*happened(3))
    settle("desk")
    assert len(RECEIVED) == 1

    hour_is_over()
    given(*happened(5))
    settle("desk")

    assert len(RECEIVED) == 2


def test_alert_is_caused_by_the_event_of_the_death(subscribed: Subscribed, listening: None) -> None:
    subscribed(fails)
    given(*happened(1))
    settle("desk")

    (alert,) = alerts(DeliveryDied)
    event = Event.objects.get(type="Happened")
    assert (alert.causation, alert.correlation) == (event.uuid, event.correlation)
    assert alert.stream != event.stream


def test_death_of_alert_publishes_nothing(subscribed: Subscribed) -> None:
    def deaf(died: DeliveryDied) -> None:
        raise ValueError("no mail server")

    subscribed(fails)
    subscribe(DeliveryDied, queue=DESK, retry=RETRY)(deaf)
    given(*happened(1))
    for _ in range(3):
        settle("desk")

    assert len(alerts(DeliveryDied)) == 1
    assert Delivery.objects.filter(state=State.DEAD).count() == 2


def test_without_subscription_nothing_is_published(subscribed: Subscribed) -> None:
    subscribed(fails)
    given(*happened(1))
    settle("desk")

    assert delivery(1).state == State.DEAD
    assert alerts(DeliveryDied) == []
    assert not Alert.objects.exists()


def test_several_workers_at_once_publish_one_alert(subscribed: Subscribed, listening: None) -> None:
    subscribed(fails, batch=1)
    given(*happened(1, 3, 5, 7))
    batches = relayed()
    assert len(batches) == 4

    def work(number: int) -> Callable[[], object]:
        return lambda: worked([batches[number]])

    at_once(*(work(number) for number in range(4)))

    assert Delivery.objects.filter(state=State.DEAD).count() == 4
    assert len(alerts(DeliveryDied)) == 1


def test_death_of_lost_worker_is_published(subscribed: Subscribed, listening: None) -> None:
    def send(event: Happened, key: str) -> None: ...

    subscribed(send, external=True)
    given(*happened(1))
    for _ in range(2):
        for batch in relayed():
            start(handlers.find(batch.task), batch.tickets, [])
        end_leases()
    relayed()

    assert delivery(1).state == State.DEAD
    (alert,) = alerts(DeliveryDied)
    assert alert.data["kind"] == "worker lost while sending"
