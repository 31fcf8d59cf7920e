"""What an operator may do to the ledger, and the trace that it leaves."""

import time
from collections.abc import Callable
from threading import Event

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from bus import ops
from bus.models import Delivery, OperatorAction, Outbox, State, Subscription
from bus.ops import Refused
from bus.store.outbox import fan_out
from bus.testing import given, settle
from bus.tests.conftest import (
    Happened,
    Subscribed,
    at_once,
    delivery,
    happened,
    note,
    notes,
    relayed,
    states,
    worked,
)
from bus.worker.registration import register

pytestmark = pytest.mark.django_db(transaction=True)


def react(event: Happened) -> None:
    note(str(event.number))


def log() -> list[tuple[str, str, str, int, str]]:
    rows = OperatorAction.objects.exclude(what="effect").order_by("id")
    return list(rows.values_list("who", "what", "subject", "count", "why"))


def dead(subscribed: Subscribed) -> Delivery:
    """A delivery that died, of which the cause is mended."""
    broken = [True]

    def react(event: Happened) -> None:
        if broken:
            broken.pop()
            raise ValueError
        note(str(event.number))

    subscribed(react)
    given(*happened(1))
    settle("desk")
    return delivery(1)


def test_redelivered_dead_delivery_has_no_attempts(subscribed: Subscribed) -> None:
    row = dead(subscribed)

    assert ops.deliver_again([row.pk], by="ada", why="mended") == 1

    again = delivery(1)
    assert (again.state, again.attempts, again.closed_at) == (State.WAITING, 0, None)
    assert again.token == row.token + 1
    settle("desk")
    assert notes() == ["1"]
    assert log() == [("ada", "deliver again", f"deliveries {row.pk}", 1, "mended")]


def test_delivery_in_flight_is_not_delivered_again(subscribed: Subscribed) -> None:
    subscribed(react)
    given(*happened(1))
    batches = relayed()

    assert ops.deliver_again([delivery(1).pk], by="ada") == 0

    worked(batches)
    assert notes() == ["1"]


def test_delivery_of_retired_subscription_is_not_delivered_again(
    subscribed: Subscribed,
) -> None:
    row = dead(subscribed)
    ops.retire(row.subscription.name, by="ada", why="gone")

    assert ops.deliver_again([row.pk], by="ada") == 0
    assert delivery(1).state == State.DISCARDED


def test_discarding_needs_a_reason(subscribed: Subscribed) -> None:
    row = dead(subscribed)

    with pytest.raises(Refused, match="The reason is empty"):
        ops.discard([row.pk], by="ada", why=" ")

    assert delivery(1).state == State.DEAD
    assert ops.discard([row.pk], by="ada", why="a test order") == 1
    assert delivery(1).state == State.DISCARDED
    assert delivery(1).error.startswith("Traceback")
    assert delivery(1).error.splitlines()[-1] == "Discarded: a test order"
    assert log() == [("ada", "discard", f"deliveries {row.pk}", 1, "a test order")]


def test_done_delivery_cannot_be_discarded(subscribed: Subscribed) -> None:
    subscribed(react)
    given(*happened(1))
    settle("desk")

    assert ops.discard([delivery(1).pk], by="ada", why="x") == 0


def test_record_of_long_selection_is_truncated() -> None:
    ops.deliver_again(range(1, 1000), by="ada")

    subject = log()[0][2]
    assert subject.startswith("deliveries 1 2 3 ")
    assert subject.endswith("[...]")
    assert len(subject) <= 200


@pytest.mark.parametrize("operation", [ops.pause, ops.resume, ops.retire])
def test_unknown_subscription_is_refused(operation: object) -> None:
    with pytest.raises(Refused, match=r"no subscription nobody; see manage.py subscriptions"):
        operation("nobody", by="ada", why="x")  # type: ignore[operator]  # parametrized

    assert log() == []


def test_pausing_and_resuming_are_recorded(subscribed: Subscribed) -> None:
    name = subscribed(react)
    register("desk")

    ops.pause(name, by="ada", why="storage is full")
    ops.resume(name, by="bob")

    assert [entry[:3] for entry in log()] == [("ada", "pause", name), ("bob", "resume", name)]


def test_subscription_with_deliveries_in_flight_is_not_retired(subscribed: Subscribed) -> None:
    name = subscribed(react)
    given(*happened(1))
    relayed()

    with pytest.raises(Refused, match="pause it, wait until they end, then retire it"):
        ops.retire(name, by="ada", why="gone")

    assert delivery(1).subscription.retired_at is None
    assert log() == []


def test_retiring_discards_open_deliveries(subscribed: Subscribed) -> None:
    name = subscribed(react)
    register("desk")
    given(*happened(1))
    fan_out()

    with pytest.raises(Refused, match="retiring needs one"):
        ops.retire(name, by="ada", why=" ")
    assert ops.retire(name, by="ada", why="gone") == 1

    assert states() == {"1": State.DISCARDED}
    assert delivery(1).error == "Discarded: its subscription was retired. gone"
    assert log() == [("ada", "retire", name, 1, "gone")]


@pytest.mark.parametrize("operation", [ops.pause, ops.resume, ops.retire])
def test_retired_subscription_is_left_alone_until_registered_again(
    subscribed: Subscribed, operation: Callable[..., object]
) -> None:
    name = subscribed(react)
    register("desk")
    ops.retire(name, by="ada", why="gone")

    with pytest.raises(Refused, match=f"{name} is retired; .* registers it again"):
        operation(name, by="ada", why="x")

    assert [what for _who, what, *_rest in log()] == ["retire"]
    register("desk")
    operation(name, by="ada", why="x")


def test_retiring_goes_in_steps_and_pauses_meanwhile(
    subscribed: Subscribed, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ops.subscriptions, "AT_ONCE", 2)
    name = subscribed(react)
    register("desk")
    given(*happened(1, 2, 3))
    fan_out()
    Delivery.objects.filter(stream="2").update(state=State.DEAD)

    with CaptureQueriesContext(connection) as done:
        ops.retire(name, by="ada", why="gone")

    assert sum('UPDATE "bus_delivery"' in one["sql"] for one in done) == 2
    assert set(states().values()) == {State.DISCARDED}
    assert Subscription.objects.get().status == "retired"
    assert log() == [
        ("ada", "retire", name, 3, "gone"),
        ("ada", "pause", name, 1, "It is being retired. gone"),
    ]


@pytest.mark.postgres
def test_retiring_while_routers_and_relays_run_leaves_nothing_open(
    subscribed: Subscribed,
) -> None:
    name = subscribed(react)
    register("desk")
    given(*happened(*range(20)))

    def retire() -> bool:
        try:
            ops.retire(name, by="ada", why="gone")
        except Refused:
            return False
        return True

    *_rest, retired = at_once(fan_out, fan_out, retire)

    assert retired
    assert not Outbox.objects.exists()
    assert set(states().values()) <= {State.DISCARDED}


@pytest.mark.postgres
def test_subscription_is_not_retired_while_its_deliveries_are_delivered_again(
    subscribed: Subscribed,
) -> None:
    name = subscribed(react)
    given(*happened(1))
    settle("desk")
    half_way = Event()

    def again() -> None:
        with transaction.atomic():
            ops.deliver_again([delivery(1).pk], by="ada", finished=True)
            half_way.set()
            time.sleep(0.5)

    def retire() -> None:
        half_way.wait(10)
        ops.retire(name, by="grace", why="gone")

    at_once(again, retire)

    assert states() == {"1": State.DISCARDED}
