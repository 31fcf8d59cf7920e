"""What a relay knows of what is in flight, by what it has sent."""

import time

import pytest
from django.db import connection
from django.db.models.functions import Now
from django.test.utils import CaptureQueriesContext

from bus.models import Delivery, State, Subscription
from bus.store import in_flight as module
from bus.store.claims import Batch, claim
from bus.store.in_flight import COUNT_EVERY, InFlight
from bus.store.outbox import fan_out
from bus.store.poll import poll
from bus.testing import given
from bus.tests.conftest import Happened, Subscribed, happened, worked
from bus.worker.registration import register

pytestmark = pytest.mark.django_db(transaction=True)


def react(event: Happened) -> None: ...


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    now = [1_000.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    return now


@pytest.fixture
def backlog(subscribed: Subscribed, clock: list[float]) -> str:
    """Of one subscription, which may have four on their way in messages of two."""
    name = subscribed(react, batch=2)
    register("desk")
    Subscription.objects.update(window=4)
    given(*happened(*range(20)))
    fan_out()
    return name


def sent(relay: InFlight) -> list[Batch]:
    return claim(poll(), in_flight=relay)


def finish(batch: Batch) -> None:
    worked([batch])


def test_window_is_filled_and_not_exceeded(backlog: str) -> None:
    relay = InFlight()

    assert [len(batch.tickets) for batch in sent(relay)] == [2, 2]
    assert sent(relay) == []


def test_finished_message_makes_room_in_the_window(backlog: str) -> None:
    relay = InFlight()
    first, _second = sent(relay)
    finish(first)

    assert [len(batch.tickets) for batch in sent(relay)] == [2]


def test_claims_between_counts_do_not_count(backlog: str, clock: list[float]) -> None:
    relay = InFlight()
    sent(relay)
    with CaptureQueriesContext(connection) as queries:
        sent(relay)
    assert not [query["sql"] for query in queries if "COUNT" in query["sql"]]

    clock[0] += COUNT_EVERY
    with CaptureQueriesContext(connection) as queries:
        sent(relay)
    assert len([query["sql"] for query in queries if "COUNT" in query["sql"]]) == 1


def test_deliveries_of_another_relay_count_until_next_count(
    backlog: str, clock: list[float]
) -> None:
    one, other = InFlight(), InFlight()
    for batch in sent(other):
        assert sent(one) == []
        finish(batch)

    assert sent(one) == []
    clock[0] += COUNT_EVERY
    assert len(sent(one)) == 2


def test_deliveries_that_wait_again_do_not_count(backlog: str) -> None:
    relay = InFlight()
    sent(relay)
    Delivery.objects.filter(state=State.SENT).update(state=State.WAITING, due_at=Now())

    assert len(sent(relay)) == 2


def test_long_messages_do_not_hide_finished_ones(
    backlog: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MOST_PROBES", 1)
    relay = InFlight()
    _stays, goes = sent(relay)
    finish(goes)

    found = [sent(relay) for _ in range(3)]

    assert sum(map(len, found)) == 1


def test_claim_probes_a_bounded_number_of_messages(
    backlog: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MOST_PROBES", 3)
    asked: list[int] = []

    def flying(ids: list[int]) -> set[int]:
        asked.append(len(ids))
        return set(ids)

    monkeypatch.setattr(module, "still_in_flight", flying)
    relay = InFlight()
    for number in range(10):
        relay.sent(backlog, [number])

    relay.count(poll())

    assert asked == [3]
