"""The ledger worked without a broker."""

from getpass import getuser
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from bus import handlers, ops
from bus.models import Delivery, Event, OperatorAction, State
from bus.relay.drain import drain
from bus.store.outbox import fan_out
from bus.store.starts import start
from bus.testing import given
from bus.tests.conftest import (
    Happened,
    Subscribed,
    World,
    at_once,
    happened,
    note,
    notes,
    relayed,
    states,
)
from bus.worker.registration import register

pytestmark = pytest.mark.django_db(transaction=True)


def react(event: Happened) -> None:
    note(str(event.number))


def drained() -> str:
    told = StringIO()
    call_command("relay", "--drain", stdout=told)
    return told.getvalue()


def test_drain_handles_deliveries_sent_to_a_lost_broker(subscribed: Subscribed) -> None:
    subscribed(react)
    given(*happened(1))
    relayed()

    assert "1 done" in drained()

    assert notes() == ["1"]
    action = OperatorAction.objects.get(what="drain")
    assert (action.who, action.count) == (getuser(), 1)
    assert drained() == "Nothing is due.\n"


def test_drain_skips_paused_subscriptions(subscribed: Subscribed) -> None:
    name = subscribed(react)
    register("desk")
    ops.pause(name, by="ada")
    given(*happened(1))

    waits = f"1 delivery waits for {name}, which is paused."
    assert drained() == f"Nothing is due.\n{waits}\n"

    assert states() == {"1": State.WAITING}


def test_drain_keeps_lane_behind_a_dead_delivery(subscribed: Subscribed) -> None:
    def react(event: Happened) -> None:
        if event.number == 2:
            raise ValueError
        note(f"{event.about}{event.number}")

    subscribed(react, ordered=True, batch=2)
    given(*(Happened(about=about, number=number) for number in (1, 2, 3) for about in "a"))
    given(*(Happened(about="b", number=number) for number in (4, 5)))
    register("desk")

    with pytest.raises(CommandError, match="1 delivery failed for good; see manage"):
        drained()

    assert [text for text in notes() if text[0] == "a"] == ["a1"]
    assert [text for text in notes() if text[0] == "b"] == ["b4", "b5"]


def test_drain_does_not_wait_to_fill_batches(subscribed: Subscribed) -> None:
    subscribed(react, batch=20)
    given(*happened(1))
    for batch in relayed():
        start(handlers.find(batch.task), batch.tickets, [])
    given(*happened(2))

    drained()

    assert notes() == ["2"]


def test_next_drain_handles_what_an_interrupted_one_claimed(subscribed: Subscribed) -> None:
    subscribed(react, batch=1)
    register("desk")
    given(*happened(1, 2, 3))

    next(iter(drain()))
    assert states() == {"1": State.DONE, "2": State.SENT, "3": State.SENT}

    drained()
    assert notes() == ["1", "2", "3"]


@pytest.mark.postgres
@pytest.mark.parametrize("ordered", [True, False])
def test_concurrent_drains_handle_each_delivery_once(
    subscribed: Subscribed, world: World, ordered: bool
) -> None:
    subscribed(react, ordered=ordered, batch=3)
    subscribed(world.send, ordered=ordered, external=True, batch=3)
    register("desk")
    given(*happened(*range(30)))
    given(*happened(*range(30)))
    fan_out()

    at_once(*[lambda: list(drain())] * 3)

    assert set(Delivery.objects.values_list("state", flat=True)) == {State.DONE}
    assert len(world.keys) == len(set(world.keys)) == Event.objects.count() == 60
    assert len(notes()) == 2 * 60
