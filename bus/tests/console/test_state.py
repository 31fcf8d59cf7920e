"""The state of queues and subscriptions, as the console and `manage.py top` show it."""

from datetime import timedelta
from typing import Any

import pytest
from django.db.models.functions import Now
from django.utils import timezone

from bus import Queue, ops
from bus.console.lanes import blocked_lanes, blocking_heads
from bus.console.state import Board, Row, board
from bus.console.words import says
from bus.models import Delivery, RelayState, State, WorkerState
from bus.store import backlog
from bus.store.outbox import fan_out
from bus.testing import given
from bus.tests.conftest import Happened, Subscribed, happened
from bus.worker.registration import register

pytestmark = pytest.mark.django_db(transaction=True)

DESK = Queue("desk")


def wrap(event: Happened) -> None: ...


def relay_runs(error: str = "") -> None:
    RelayState.objects.update_or_create(
        pk=RelayState.THE_ROW, defaults={"looked_at": Now(), "broker_error": error}
    )


def works(name: str, queue: str, ago: timedelta = timedelta(0)) -> None:
    WorkerState.objects.create(name=name, queues=[queue], processes=2, seen_at=timezone.now() - ago)


def queue(name: str, found: Board | None = None) -> Row:
    [row] = [row for row in (found or board()).queues if row.name == name]
    return row


@pytest.fixture
def name(subscribed: Subscribed) -> str:
    """Three deliveries that wait."""
    name = subscribed(wrap, queue=DESK)
    register("desk")
    relay_runs()
    given(*happened(1, 2, 3))
    fan_out()
    return name


def test_counts_are_by_state(name: str) -> None:
    rows = Delivery.objects.order_by("id")
    rows.filter(stream="1").update(state=State.DEAD)
    rows.filter(stream="2").update(due_at=Now() + timedelta(hours=1), retry_at=Now())

    row = queue("desk")

    assert (row.waiting, row.retrying, row.in_flight, row.dead) == (1, 1, 0, 1)
    assert row.level == "red"


@pytest.mark.parametrize("state", [State.WAITING, State.SENT, State.RUNNING, State.DEAD])
def test_oldest_is_by_when_it_became_open_whatever_happened_since(name: str, state: State) -> None:
    since = timezone.now() - timedelta(minutes=50)
    Delivery.objects.filter(stream="2").update(
        state=state, due_since=since, due_at=Now() + timedelta(hours=1), lease_until=Now()
    )

    assert queue("desk").oldest_at == since


def test_counts_and_oldest_are_of_a_bounded_number_of_rows(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert f"LIMIT {backlog.MOST_COUNTED + 1}" in backlog.BACKLOG
    assert backlog.BACKLOG.count("LIMIT") == 12


def test_try_after_a_failure_is_not_green_while_it_is_in_flight(name: str) -> None:
    works("desk@here", "desk")
    in_flight = {"state": State.SENT, "lease_until": Now() + timedelta(minutes=1)}
    Delivery.objects.filter(stream="1").update(**in_flight)
    assert queue("desk").level == "green"

    Delivery.objects.filter(stream="1").update(retry_at=Now())

    row = queue("desk")
    assert (row.level, says(row), row.in_flight) == ("amber", "retrying", 1)


def test_queue_with_work_and_no_worker_is_red(name: str) -> None:
    assert queue("desk").lacks_worker
    assert queue("desk").level == "red"

    works("desk@here", "desk")

    assert not queue("desk").lacks_worker
    assert queue("desk").workers == 1


def test_worker_is_listed_for_an_hour(name: str) -> None:
    works("desk@old", "desk", timedelta(minutes=61))
    works("desk@new", "desk", timedelta(minutes=59))

    assert [one.name for one in board().workers] == ["desk@new"]


def test_worker_without_sign_of_life_is_none(name: str) -> None:
    works("desk@here", "desk", ago=timedelta(minutes=1))

    assert queue("desk").workers == 0


@pytest.mark.parametrize("error", ["", "ConnectionError: the broker does not answer"])
def test_workers_are_not_known_without_relay_or_broker(
    name: str, settings: Any, error: str
) -> None:
    settings.BUS_REDIS_URL = "redis://localhost:1/0"
    relay_runs(error)
    if not error:
        RelayState.objects.update(looked_at=Now() - timedelta(minutes=5))

    found = board()

    assert queue("desk", found).workers is None
    assert not queue("desk", found).lacks_worker
    assert found.level == "red"


def test_idle_queue_needs_no_worker(name: str) -> None:
    Delivery.objects.update(state=State.DONE)

    assert queue("desk").level == "green"


def test_paused_subscription_is_amber(name: str) -> None:
    works("desk@here", "desk")
    ops.pause(name, by="ada")

    [row] = board().subscriptions

    assert (row.paused, row.level) == (True, "amber")


def test_board_takes_a_fixed_number_of_queries(name: str, django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(9):
        board()


def test_blocked_lane_names_what_blocks_it(subscribed: Subscribed) -> None:
    subscribed(wrap, ordered=True)
    register("desk")
    given(*[Happened(about="a", number=number) for number in range(3)], Happened(about="b"))
    fan_out()
    first = Delivery.objects.filter(stream="a").order_by("id")[0]
    Delivery.objects.filter(stream="b").update(state=State.DEAD)
    Delivery.objects.filter(pk=first.pk).update(state=State.DEAD, error="x\nValueError: 7")

    [lane] = board().lanes

    assert (lane.stream, lane.delivery, lane.waiting) == ("a", first.pk, 2)
    assert lane.error == "ValueError: 7"
    assert board().subscriptions[0].blocked == 1


def test_lane_is_blocked_by_what_waits_for_its_next_try(subscribed: Subscribed) -> None:
    subscribed(wrap, ordered=True)
    register("desk")
    given(Happened(about="a"), Happened(about="a", number=1))
    fan_out()
    first = Delivery.objects.order_by("id")[0]
    again = timezone.now() + timedelta(minutes=20)
    Delivery.objects.filter(pk=first.pk).update(due_at=again, retry_at=again)

    [lane] = board().lanes

    assert (lane.delivery, lane.state, lane.retry_at) == (first.pk, "waiting", again)


def test_lane_that_went_on_since_it_was_found_is_left_out(subscribed: Subscribed) -> None:
    subscribed(wrap, ordered=True)
    register("desk")
    given(Happened(about="a"), Happened(about="a", number=1))
    fan_out()
    Delivery.objects.filter(pk=Delivery.objects.earliest("id").pk).update(state=State.DEAD)
    found = blocking_heads()
    Delivery.objects.update(state=State.DONE)

    assert (len(found), blocked_lanes(found)) == (1, [])


def test_lane_without_followers_is_not_blocked(subscribed: Subscribed) -> None:
    subscribed(wrap, ordered=True)
    register("desk")
    given(Happened(about="a"))
    fan_out()
    Delivery.objects.update(state=State.DEAD)

    assert board().lanes == []
