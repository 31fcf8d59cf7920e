"""Deliveries that are due after a while, and those that a later event has made pointless."""

from datetime import timedelta

import pytest
from django.db.models import F
from django.db.models.functions import Now
from django.utils import timezone

from bus import Queue
from bus.audit.attention import concerns
from bus.console.state import board
from bus.console.words import says
from bus.context import Origin
from bus.models import Delivery, Outbox, RelayState, State, Subscription
from bus.ops import deliver_again
from bus.ops.backfill import backfill
from bus.relay.drain import drain
from bus.store import inspection
from bus.store.claims import claim
from bus.store.outbox import fan_out, new_row
from bus.store.poll import poll
from bus.streams import timeline
from bus.testing import end_waits, given, settle
from bus.tests.conftest import (
    Happened,
    Subscribed,
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

DELAY = timedelta(hours=48)
SOON = timedelta(hours=47, minutes=59)
LATER = timedelta(hours=48, minutes=1)


class Settled(Happened, frozen=True, kw_only=True):
    """What makes a reminder pointless."""


def remind(event: Happened) -> None:
    note(f"reminded of {event.number}")


def fail(event: Happened) -> None:
    raise ConnectionError


def pass_time(time: timedelta) -> None:
    Delivery.objects.update(due_at=F("due_at") - time, due_since=F("due_since") - time)


def happened_ago(stream: str, time: timedelta) -> None:
    row, _personal = new_row(Happened(about=stream), Origin())
    row.at = timezone.now() - time
    row.save()
    Outbox.objects.create(event=row)


@pytest.fixture
def reminded(subscribed: Subscribed) -> str:
    return subscribed(remind, after=DELAY, unless=Settled)


def test_delivery_is_due_so_long_after_its_event(reminded: str) -> None:
    given(*happened(1))

    assert relayed() == []
    row = delivery(1)
    assert row.due_at == row.due_since == row.event.at + DELAY
    pass_time(SOON)
    assert relayed() == []
    pass_time(LATER - SOON)
    worked(relayed())
    assert notes() == ["reminded of 1"]


def test_delivery_of_an_older_event_is_due_at_once(reminded: str) -> None:
    happened_ago("1", LATER)

    assert len(relayed()) == 1
    assert delivery(1).due_since > delivery(1).event.at + DELAY


def test_later_event_of_the_stream_makes_it_pointless(reminded: str) -> None:
    given(Happened(about="a", number=1), Happened(about="b", number=2))
    given(Settled(about="a"))
    relayed()
    assert states() == {"a": State.WAITING, "b": State.WAITING}

    pass_time(LATER)
    worked(relayed())

    assert states() == {"a": State.DISCARDED, "b": State.DONE}
    assert notes() == ["reminded of 2"]
    row = delivery("a")
    assert (row.attempts, row.error) == (0, "Discarded: Settled was published after its event.")
    assert row.closed_at
    [shown] = [one for event in timeline("a") for one in event.deliveries]
    assert (shown.state, shown.error) == ("discarded", row.error)


def test_earlier_event_of_the_stream_does_not(reminded: str) -> None:
    given(Settled(about="a"), Happened(about="a", number=1))
    relayed()
    pass_time(LATER)

    assert len(relayed()) == 1


def test_pointless_deliveries_hold_up_no_others(reminded: str) -> None:
    Subscription.objects.update(window=2, batch=2)
    given(*happened(*range(5)), *(Settled(about=str(number)) for number in range(4)))
    relayed()
    pass_time(LATER)

    settle("desk")

    assert list(states().values()) == [State.DISCARDED] * 4 + [State.DONE]


def test_claim_goes_on_where_a_whole_window_is_pointless(reminded: str) -> None:
    given(*happened(*range(5)), *(Settled(about=str(number)) for number in range(4)))
    relayed()
    pass_time(LATER)
    Subscription.objects.update(window=2, batch=2)

    [batch] = claim(poll())

    assert len(batch.tickets) == 1


def test_window_counts_as_filled_by_pointless_deliveries_too(reminded: str) -> None:
    given(*happened(*range(6)), Settled(about="0"), Settled(about="1"))
    relayed()
    pass_time(LATER)
    Subscription.objects.update(window=3, batch=1)

    [batch] = claim(poll())

    assert batch.fills_window


def test_delivery_is_judged_again_before_its_next_try(subscribed: Subscribed) -> None:
    subscribed(fail, unless=Settled)
    given(Happened(about="a"))
    worked(relayed())
    given(Settled(about="a"))
    assert states() == {"a": State.WAITING}

    end_waits()
    assert relayed() == []

    assert states() == {"a": State.DISCARDED}
    assert delivery("a").error.endswith("\nDiscarded: Settled was published after its event.")
    assert delivery("a").failure_key is None


def test_drain_leaves_what_is_not_due(reminded: str) -> None:
    given(*happened(1))
    register("desk")

    assert list(drain()) == []
    assert states() == {"1": State.WAITING}


def test_delayed_delivery_blocks_no_lane(subscribed: Subscribed) -> None:
    lane = Queue("desk", ordered=True)
    subscribed(remind, queue=lane, after=DELAY)
    prompt = subscribed(fail, queue=lane)
    given(Happened(about="a", number=1), Happened(about="a", number=2))

    assert [batch.task for batch in relayed()] == [prompt]


def test_backfill_keeps_the_delay_of_young_events(reminded: str) -> None:
    happened_ago("1", LATER)
    given(*happened(2))
    fan_out()
    register("desk")
    Delivery.objects.all().delete()  # what the sweep of the last minute gave it

    assert sum(backfill(reminded, since=timezone.now() - 2 * DELAY, rate=10, by="ada")) == 2

    assert delivery(1).due_at < delivery(2).due_at
    assert delivery(2).due_at == delivery(2).event.at + DELAY
    assert [len(batch.tickets) for batch in claim(poll())] == [1]


def test_delivered_again_it_is_due_now(reminded: str) -> None:
    given(*happened(1))
    relayed()

    deliver_again([delivery(1).pk], by="ada")

    assert len(relayed()) == 1


def test_delivery_that_is_not_due_is_nowhere_late(reminded: str) -> None:
    RelayState.objects.update_or_create(pk=RelayState.THE_ROW, defaults={"looked_at": Now()})
    given(*happened(1))
    relayed()
    pass_time(SOON)

    [row] = board().subscriptions

    assert (row.level, row.waiting, row.retrying, row.later) == ("green", 0, 0, 1)
    assert says(row) == "1 due later"
    assert inspection.standing() == []
    assert inspection.not_started(timedelta(hours=1)) == []
    assert [one.kind for one in concerns() if "stand" in one.kind.value] == []
    [shown] = [one for event in timeline("1") for one in event.deliveries]
    assert shown.due_later
