"""Order within a stream of one queue."""

import pytest

from bus import ops
from bus.models import Delivery, State
from bus.store.outbox import fan_out
from bus.testing import given, settle
from bus.tests.conftest import (
    Happened,
    Subscribed,
    delivery,
    make_due,
    note,
    notes,
    relayed,
    worked,
)
from bus.worker.registration import register

pytestmark = pytest.mark.django_db(transaction=True)

ONE, TWO, OTHER = (
    Happened(about="a", number=1),
    Happened(about="a", number=2),
    Happened(about="b", number=3),
)


def react(event: Happened) -> None:
    note(f"react {event.number}")


def react_too(event: Happened) -> None:
    note(f"react_too {event.number}")


def numbers() -> list[int]:
    """The numbers of the events that a relay would send now."""
    ids = [pk for batch in relayed() for pk, _token in batch.tickets]
    return sorted(Delivery.objects.filter(id__in=ids).values_list("event__data__number", flat=True))


def first_is(state: State) -> None:
    Delivery.objects.filter(event__data__number=1).update(state=state)


def test_batch_has_one_delivery_of_a_stream_and_others_flow(subscribed: Subscribed) -> None:
    subscribed(react, ordered=True)
    given(ONE, TWO, OTHER)

    assert numbers() == [1, 3]


@pytest.mark.parametrize("state", [State.SENT, State.RUNNING, State.SENDING, State.DEAD])
def test_later_event_waits_for_earlier_one(subscribed: Subscribed, state: State) -> None:
    subscribed(react, ordered=True)
    given(ONE)
    relayed()
    first_is(state)
    given(TWO, OTHER)
    fan_out()
    make_due()

    assert numbers() == [3]


def test_later_event_waits_for_retry_of_earlier_one(
    subscribed: Subscribed,
) -> None:
    def react(event: Happened) -> None:
        if event.number == 1:
            raise ConnectionError

    subscribed(react, ordered=True)
    given(ONE, TWO, OTHER)
    worked(relayed())

    assert numbers() == []
    assert delivery("b").state == State.DONE


@pytest.mark.parametrize("state", [State.DONE, State.DISCARDED])
def test_lane_continues_after_done_or_discarded_delivery(
    subscribed: Subscribed, state: State
) -> None:
    subscribed(react, ordered=True)
    given(ONE, TWO)
    relayed()
    first_is(state)

    assert numbers() == [2]


def test_lane_spans_all_handlers_of_a_queue(subscribed: Subscribed) -> None:
    subscribed(react, ordered=True)
    subscribed(react_too, ordered=True)
    given(ONE, TWO)

    settle("desk")

    assert notes() == ["react 1", "react_too 1", "react 2", "react_too 2"]


def test_late_earlier_event_waits_for_the_one_in_flight(
    subscribed: Subscribed,
) -> None:
    subscribed(react, ordered=True)
    given(ONE, TWO)
    register("desk")
    fan_out()
    first = Delivery.objects.get(event__data__number=1)
    Delivery.objects.filter(pk=first.pk).update(state=State.DONE)
    assert numbers() == [2]

    ops.deliver_again([first.pk], by="test")
    make_due()

    assert numbers() == []


def test_unordered_subscription_neither_waits_nor_blocks(
    subscribed: Subscribed,
) -> None:
    name = subscribed(react, ordered=True)
    free = subscribed(react_too, ordered=False)
    given(ONE, TWO)

    batches = relayed()
    assert [(batch.task, len(batch.tickets)) for batch in batches] == [(name, 1), (free, 2)]

    Delivery.objects.filter(subscription__name=free).update(state=State.DEAD)
    Delivery.objects.filter(state=State.SENT).update(state=State.DONE)
    assert numbers() == [2]


def test_unordered_queue_has_no_lanes(subscribed: Subscribed) -> None:
    subscribed(react, ordered=False)
    given(ONE)
    relayed()
    first_is(State.DEAD)
    given(TWO)

    assert numbers() == [2]


def test_events_of_a_stream_take_effect_in_order(subscribed: Subscribed) -> None:
    failed: list[int] = []

    def react(event: Happened) -> None:
        if event.number % 3 == 0 and event.number not in failed:
            failed.append(event.number)
            raise ConnectionError
        note(str(event.number))

    subscribed(react, ordered=True)
    given(*(Happened(about="a", number=n) for n in range(9)))

    for _ in range(4):
        settle("desk")
        make_due()

    assert notes() == [str(n) for n in range(9)]
