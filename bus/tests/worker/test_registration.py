"""Making subscriptions known while the shop runs."""

from datetime import timedelta
from typing import Any

import pytest
from celery import current_app
from django.db import connection
from django.db.models.functions import Now
from django.test.utils import CaptureQueriesContext

from bus import Queue, handlers, ops
from bus.audit import events_have_deliveries
from bus.models import Delivery, Event, Outbox, State, Subscription
from bus.store.claims import claim
from bus.store.outbox import fan_out
from bus.store.poll import poll
from bus.testing import given
from bus.tests.conftest import (
    Happened,
    Subscribed,
    at_once,
    happened,
    make_due,
    relayed,
    states,
)
from bus.worker.registration import register

pytestmark = pytest.mark.django_db(transaction=True)


class AnotherThing(Happened, frozen=True, kw_only=True):
    pass


def react(event: Happened) -> None: ...


def event_of(age: timedelta) -> Event:
    """An event that was routed so long ago."""
    return Event.objects.create(
        type="Happened",
        version=1,
        stream=str(age),
        data={"about": str(age)},
        at=Now() - age,
        correlation="00000000-0000-0000-0000-000000000001",
    )


def declared_again(subscribed: Subscribed, name: str, **options: Any) -> None:
    """The next release declares it in another way."""
    forgotten(name)
    subscribed(react, **options)


def forgotten(name: str) -> handlers.Handler:
    current_app.tasks.pop(name)
    return handlers.by_name.pop(name)


def test_new_subscription_gets_events_of_the_last_minute(subscribed: Subscribed) -> None:
    subscribed(react)
    for seconds in (30, 90):
        event_of(timedelta(seconds=seconds))

    register("desk")

    assert states() == {"0:00:30": State.WAITING}


def test_registration_leaves_the_outbox_to_fan_out(subscribed: Subscribed) -> None:
    subscribed(react, ordered=True)
    old, young = event_of(timedelta(seconds=90)), event_of(timedelta(seconds=30))
    Outbox.objects.bulk_create([Outbox(event=old), Outbox(event=young)])

    register("desk")

    assert states() == {}
    fan_out()
    assert states() == {"0:01:30": State.WAITING, "0:00:30": State.WAITING}


def test_registering_again_changes_nothing(subscribed: Subscribed) -> None:
    name = subscribed(react)
    event_of(timedelta(seconds=30))

    assert register("desk") == [name]
    before = list(Subscription.objects.values()), list(Delivery.objects.values())
    assert register("desk") == []

    assert (list(Subscription.objects.values()), list(Delivery.objects.values())) == before


def test_only_subscriptions_of_the_given_queue_are_registered(subscribed: Subscribed) -> None:
    name = subscribed(react)

    register("desk")

    assert list(Subscription.objects.values_list("name", flat=True)) == [name]
    assert len(register()) == len(handlers.declared()) - 1


def test_changed_declaration_is_stored(subscribed: Subscribed) -> None:
    name = subscribed(react, batch=20)
    register("desk")
    declared_again(subscribed, name, batch=30)

    assert register("desk") == []

    row = Subscription.objects.get(name=name)
    assert (row.batch, row.window) == (30, 120)


def test_open_deliveries_are_not_rewritten_without_a_move(
    subscribed: Subscribed,
) -> None:
    name = subscribed(react, batch=20)
    register("desk")
    given(*happened(1))
    fan_out()
    declared_again(subscribed, name, batch=30)

    with CaptureQueriesContext(connection) as queries:
        register("desk")

    assert not [query for query in queries if 'UPDATE "bus_delivery"' in query["sql"]]


def test_open_deliveries_move_with_their_subscription(subscribed: Subscribed) -> None:
    name = subscribed(react)
    register("desk")
    given(*happened(1))
    fan_out()
    declared_again(subscribed, name, queue=Queue("counter", ordered=True))

    register("counter")

    moved = Delivery.objects.get()
    assert (moved.queue.name, moved.ordered) == ("counter", True)


def test_delivery_in_flight_blocks_its_lane_after_a_move(subscribed: Subscribed) -> None:
    name = subscribed(react)
    given(Happened(about="a", number=1))
    relayed()
    declared_again(subscribed, name, queue=Queue("counter", ordered=True))
    register("counter")
    given(Happened(about="a", number=2))
    fan_out()
    make_due()

    assert claim(poll()) == []


def test_returned_subscription_gets_no_events_of_its_absence(
    subscribed: Subscribed, caplog: pytest.LogCaptureFixture
) -> None:
    name = subscribed(react)
    register("desk")
    Subscription.objects.update(registered_at=Now() - timedelta(days=2))
    ops.retire(name, by="test", why="gone")
    event_of(timedelta(days=1))

    with caplog.at_level("INFO", logger="bus"):
        assert register("desk") == [name]

    again = f"{name} was retired and is registered again, since it is in the code"
    assert caplog.messages[1:] == [again]
    assert Subscription.objects.get().retired_at is None
    assert states() == {}
    assert list(events_have_deliveries()) == []


def test_returned_subscription_is_not_paused(
    subscribed: Subscribed,
) -> None:
    name = subscribed(react)
    register("desk")
    ops.pause(name, by="test")
    ops.retire(name, by="test", why="gone")

    register("desk")

    assert Subscription.objects.get().paused_at is None


def test_subscription_to_another_event_starts_anew(subscribed: Subscribed) -> None:
    name = subscribed(react)
    register("desk")
    Subscription.objects.update(registered_at=Now() - timedelta(days=2))
    before = forgotten(name)
    handlers.subscribe(AnotherThing, queue=before.queue, retry=before.retry)(react)

    assert register("desk") == [name]

    assert Subscription.objects.get().registered_at > event_of(timedelta(seconds=5)).at


def test_event_without_its_delivery_is_found(subscribed: Subscribed) -> None:
    name = subscribed(react)
    register("desk")
    Subscription.objects.update(registered_at=Now() - timedelta(days=2))
    event = event_of(timedelta(days=1))

    (finding,) = events_have_deliveries()

    assert finding.subject == f"event {event.pk} (Happened)"
    assert finding.what == f"has no delivery for {name}"


@pytest.mark.postgres
def test_concurrent_workers_register_once(subscribed: Subscribed) -> None:
    name = subscribed(react)
    event_of(timedelta(seconds=30))

    new = at_once(*[lambda: register("desk")] * 4)

    assert sorted(new) == [[], [], [], [name]]
    assert Delivery.objects.count() == 1
