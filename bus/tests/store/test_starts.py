"""Who gets a delivery that two messages tell of at the same time."""

import threading
import time

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from bus import handlers, ops
from bus.models import State
from bus.store import starts
from bus.store.rescue import rescue_sent
from bus.store.starts import start
from bus.testing import given
from bus.tests.conftest import (
    Happened,
    Subscribed,
    at_once,
    delivery,
    happened,
    relayed,
    worked,
)

pytestmark = pytest.mark.django_db(transaction=True)


def react(event: Happened) -> None: ...


@pytest.mark.postgres
def test_stale_message_does_not_hide_delivery_from_others(
    subscribed: Subscribed,
) -> None:
    name = subscribed(react)
    given(*happened(1))
    (old,) = relayed()
    rescue_sent()
    (new,) = relayed()
    looked = threading.Event()

    def look_at_it_for_long() -> list[object]:
        with transaction.atomic():
            taken = start(handlers.find(name), old.tickets, [])
            looked.set()
            time.sleep(0.5)
        return list(taken)

    def work() -> list[object]:
        looked.wait(5)
        return [str(outcome) for outcome in worked([new])]

    assert at_once(look_at_it_for_long, work) == [[], ["1 done"]]


@pytest.mark.postgres
def test_single_delivery_is_started_in_one_statement(subscribed: Subscribed) -> None:
    name = subscribed(react)
    given(*happened(1))
    (message,) = relayed()

    with CaptureQueriesContext(connection) as queries:
        (taken,) = start(handlers.find(name), message.tickets, [])

    assert len(queries) == 1
    row = delivery(1)
    assert (taken.id, taken.token, taken.attempts) == (row.id, row.token, row.attempts)
    assert (row.state, row.attempts) == (State.RUNNING, 1)
    assert row.token > message.tickets[0][1]


def test_start_with_lost_commit_answer_is_found(subscribed: Subscribed) -> None:
    name = subscribed(react)
    given(*happened(1))
    (message,) = relayed()
    tries: list[int] = []
    (first,) = start(handlers.find(name), message.tickets, tries)

    (again,) = start(handlers.find(name), message.tickets, tries)
    other = start(handlers.find(name), message.tickets, [])

    assert (again.id, again.token, again.attempts) == (first.id, first.token, first.attempts)
    assert other == []


def test_single_delivery_of_paused_subscription_is_released(subscribed: Subscribed) -> None:
    name = subscribed(react)
    given(*happened(1))
    (message,) = relayed()
    ops.pause(name, by="test")

    assert start(handlers.find(name), message.tickets, []) == []

    assert delivery(1).state == State.WAITING


@pytest.mark.parametrize("external", [True, False])
def test_second_copy_of_a_message_starts_nothing(
    subscribed: Subscribed, monkeypatch: pytest.MonkeyPatch, external: bool
) -> None:
    def send(event: Happened, key: str) -> None: ...

    name = subscribed(send if external else react, external=external)
    given(*happened(1))
    (message,) = relayed()
    monkeypatch.setattr(starts, "new_fence", lambda: 7)
    (taken,) = start(handlers.find(name), message.tickets, [])

    assert start(handlers.find(name), message.tickets, []) == []

    row = delivery(1)
    assert (row.state, row.attempts) == (State.SENDING if external else State.RUNNING, 1)
    assert row.token == taken.token
