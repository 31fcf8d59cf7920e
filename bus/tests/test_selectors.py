"""Reading the ledger."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.db.models.functions import Now
from django.test.utils import CaptureQueriesContext

from bus import ops, publish, selectors
from bus.models import Delivery, Event, RelayState, State
from bus.store.outbox import fan_out
from bus.testing import given, settle
from bus.tests.conftest import Happened, Subscribed, delivery, happened, make_due, relayed
from bus.tests.worker.test_errors import failing
from bus.worker.registration import register

pytestmark = pytest.mark.django_db(transaction=True)


def react(event: Happened) -> None: ...


def fails_once_with(error: Exception) -> object:
    left = [error]

    def react(event: Happened) -> None:
        if left:
            raise left.pop()

    return react


def test_handlers_of_a_stream_are_listed_in_order_of_events(
    subscribed: Subscribed,
) -> None:
    subscribed(react)
    given(*happened(1, 2), Happened(about="1", number=3))
    settle("desk")
    Delivery.objects.filter(stream="1", event__data__number=3).update(
        state=State.WAITING, closed_at=None
    )

    first, second = selectors.handlers("1")

    assert (first.app, first.handler, first.state, first.attempts) == ("bus", "react", "done", 1)
    assert first.at == Delivery.objects.earliest("id").closed_at
    assert second.state == State.WAITING
    assert second.at is not None


def test_handlers_are_read_by_one_statement(subscribed: Subscribed) -> None:
    subscribed(react)
    given(*(Happened(about="a", number=n) for n in range(10)))
    settle("desk")

    with CaptureQueriesContext(connection) as queries:
        assert len(selectors.handlers("a")) == 10

    assert len(queries) == 1


def test_stream_is_settled_when_nothing_is_outstanding(subscribed: Subscribed) -> None:
    subscribed(react)
    register("desk")

    assert selectors.settled("1")
    given(*happened(1, 2))
    assert not selectors.settled("1")
    fan_out()
    assert not selectors.settled("1")
    relayed()
    assert not selectors.settled("1")
    Delivery.objects.filter(stream="1").update(state=State.DONE)
    assert selectors.settled("1")
    assert not selectors.settled("2")


def test_dead_delivery_keeps_its_stream_open_until_it_is_discarded(
    subscribed: Subscribed,
) -> None:
    subscribed(fails_once_with(ValueError()))
    given(*happened(1))
    settle("desk")

    assert not selectors.settled("1")
    ops.discard([delivery(1).pk], by="ada", why="known")
    assert selectors.settled("1")


def test_stream_is_open_after_a_handler_publishes(subscribed: Subscribed) -> None:
    def react(event: Happened) -> None:
        if event.number == 1:
            publish(Happened(about="1", number=2))

    subscribed(react)
    given(*happened(1))
    from bus.tests.conftest import worked

    worked(relayed())

    assert delivery(1).state == State.DONE
    assert not selectors.settled("1")


def test_settled_check_takes_one_statement(subscribed: Subscribed) -> None:
    with CaptureQueriesContext(connection) as queries:
        selectors.settled("1")

    assert len(queries) == 1


def test_queue_state_counts_open_deliveries(subscribed: Subscribed) -> None:
    name = subscribed(react, batch=1)
    given(*happened(1, 2, 3, 4, 5))
    relayed()
    make_due()
    for stream, value in (("1", "done"), ("2", "dead"), ("3", "running"), ("4", "waiting")):
        Delivery.objects.filter(stream=stream).update(state=value)
    Delivery.objects.filter(stream="5").update(state="waiting", due_at=Now() + timedelta(hours=1))
    ops.pause(name, by="ada")

    (state,) = selectors.queue_states()

    assert (state.name, state.waiting, state.in_flight, state.dead) == ("desk", 2, 1, 1)
    assert state.oldest_at == delivery(3).due_since
    assert state.paused


def test_queue_without_open_deliveries_is_listed(subscribed: Subscribed) -> None:
    subscribed(react)
    register("desk")

    (state,) = selectors.queue_states()

    assert (state.waiting, state.in_flight, state.dead) == (0, 0, 0)
    assert state.oldest_at is None
    assert not state.paused


def test_history_is_the_same_from_any_event_of_it() -> None:
    given(*happened(1, 2, 3))

    told = list(selectors.history(Happened))
    later = list(selectors.history(Happened, after=told[0][0]))

    assert [event for _id, event in told] == happened(1, 2, 3)
    assert later == told[1:]


def test_history_takes_one_statement() -> None:
    given(*happened(*range(20)))

    with CaptureQueriesContext(connection) as queries:
        list(selectors.history(Happened))

    assert len(queries) <= 1  # a server-side cursor is not counted


def test_age_of_oldest_survives_retries(subscribed: Subscribed) -> None:
    subscribed(failing(ConnectionError()))
    given(*happened(2))
    since = Now() - timedelta(hours=3)
    Delivery.objects.update(due_since=since)
    settle("desk")
    Delivery.objects.update(due_since=since)
    row = delivery(2)
    assert row.due_at > row.due_since + timedelta(hours=2)

    (state,) = selectors.queue_states()

    assert state.oldest_at == row.due_since
    assert selectors.oldest_by_subscription() == {row.subscription_id: row.due_since}


def test_events_not_fanned_out_are_counted() -> None:
    assert selectors.outbox_state() == selectors.OutboxState(0, None)
    given(*happened(1, 2))

    state = selectors.outbox_state()

    assert (state.count, state.oldest_at) == (2, Event.objects.order_by("id")[0].at)


def test_broker_state_is_the_relays_last_report(settings: Any) -> None:
    settings.BUS_REDIS_URL = "redis://localhost:1/0"
    assert selectors.broker_state().ok is None
    RelayState.objects.create(pk=RelayState.THE_ROW, looked_at=Now(), broker_error="")
    assert selectors.broker_state().ok is True
    RelayState.objects.update(broker_error="TimeoutError: the broker does not answer")

    state = selectors.broker_state()

    assert (state.ok, state.silent) == (False, False)
    assert state.error.startswith("TimeoutError")


def test_report_of_a_silent_relay_is_not_shown() -> None:
    said = Now() - timedelta(minutes=2)
    RelayState.objects.create(pk=RelayState.THE_ROW, looked_at=said, broker_error="")

    state = selectors.broker_state()

    assert (state.ok, state.silent) == (None, True)
    assert state.age is not None
    assert timedelta(minutes=2) <= state.age < timedelta(minutes=3)
