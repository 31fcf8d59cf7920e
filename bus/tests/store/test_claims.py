"""Which deliveries go into the broker, and in which company."""

from dataclasses import replace
from datetime import timedelta

import pytest
from django.db.models.functions import Now

from bus import Queue, ops
from bus.models import Delivery, State, Subscription
from bus.store import claims
from bus.store.claims import Batch, claim
from bus.store.outbox import fan_out
from bus.store.poll import Work, poll
from bus.store.rescue import SENT_LEASE
from bus.testing import given
from bus.tests.conftest import (
    Happened,
    Subscribed,
    at_once,
    delivery,
    end_leases,
    happened,
    make_due,
    relayed,
    states,
)
from bus.worker.registration import register

pytestmark = pytest.mark.django_db(transaction=True)


def react(event: Happened) -> None: ...
def react_too(event: Happened) -> None: ...


def sizes() -> list[int]:
    return [len(batch.tickets) for batch in relayed()]


def test_due_deliveries_are_claimed_in_full_batches(subscribed: Subscribed) -> None:
    subscribed(react, batch=3)
    given(*happened(*range(7)))

    assert sizes() == [3, 3, 1]
    assert sizes() == []


def test_claim_sets_new_token_and_two_minute_lease(subscribed: Subscribed) -> None:
    name = subscribed(react)
    given(*happened(1))

    (batch,) = relayed()

    row = delivery(1)
    assert (batch.task, batch.queue, batch.tickets) == (name, "desk", [(row.id, 1)])
    assert (row.state, row.token, row.attempts) == (State.SENT, 1, 0)
    left = Delivery.objects.filter(lease_until__gt=Now() + SENT_LEASE - timedelta(seconds=20))
    assert left.filter(lease_until__lte=Now() + SENT_LEASE).exists()


def test_backlog_is_claimed_in_whole_batches_as_deliveries_finish(
    subscribed: Subscribed,
) -> None:
    subscribed(react, batch=10)  # the window is 40
    given(*happened(*range(60)))
    assert sizes() == [10, 10, 10, 10]

    _done(3)
    assert sizes() == []

    _done(8)
    assert sizes() == [10]


def _done(count: int) -> None:
    sent = Delivery.objects.filter(state=State.SENT).values_list("pk", flat=True)
    Delivery.objects.filter(pk__in=list(sent[:count])).update(state=State.DONE)


def test_claims_do_not_exceed_the_window(subscribed: Subscribed) -> None:
    subscribed(react, batch=15)  # the window is 60
    given(*happened(*range(100)))
    make_due()

    assert sizes() == [15] * 4
    make_due()
    assert sizes() == []
    Delivery.objects.filter(state=State.SENT, id__lt=delivery(15).id).update(state=State.DONE)
    assert sizes() == [15]


def test_exceeded_window_claims_nothing_and_stops_no_other_queue(
    subscribed: Subscribed,
) -> None:
    subscribed(react, batch=10)  # the window is 40
    other = subscribed(react_too, queue=Queue("other"))
    given(*happened(*range(60)))
    relayed()
    register("other")
    given(*happened(60))
    fan_out()
    make_due()
    Subscription.objects.filter(queue__name="desk").update(batch=2, window=8)

    assert {batch.task for batch in _claimed()} == {other}
    _done(36)
    assert [len(batch.tickets) for batch in _claimed()] == [2, 2]


def _claimed() -> list[Batch]:
    return claim(poll())


def test_partial_batch_waits_while_another_is_in_flight(
    subscribed: Subscribed,
) -> None:
    subscribed(react, batch=2)
    given(*happened(1))
    assert sizes() == [1]
    given(*happened(2))
    fan_out()
    Delivery.objects.filter(state=State.WAITING).update(due_at=Now())

    claimed_at_once = sizes()
    make_due()

    assert claimed_at_once == []
    assert sizes() == [1]


def test_isolated_delivery_is_claimed_alone_and_at_once(subscribed: Subscribed) -> None:
    subscribed(react, batch=5)
    given(*happened(*range(4)))
    relayed()
    Delivery.objects.filter(stream__in="13").update(state=State.WAITING, alone=True)

    assert sizes() == [1, 1]


def test_delivery_due_later_is_not_claimed(subscribed: Subscribed) -> None:
    subscribed(react)
    given(*happened(1))
    register("desk")
    fan_out()
    Delivery.objects.update(due_at=Now() + timedelta(minutes=1))

    assert sizes() == []


def test_paused_subscription_is_not_claimed_until_it_is_resumed(subscribed: Subscribed) -> None:
    name = subscribed(react)
    subscribed(react_too)
    register("desk")
    ops.pause(name, by="test")
    given(*happened(1))

    assert [batch.task.rsplit(".")[-1] for batch in relayed()] == ["react_too"]
    ops.resume(name, by="test")
    assert [batch.task for batch in relayed()] == [name]


def test_lost_deliveries_of_paused_subscription_are_rescued(subscribed: Subscribed) -> None:
    name = subscribed(react)
    given(*happened(1))
    relayed()
    ops.pause(name, by="test")
    end_leases()

    assert sizes() == []

    assert states() == {"1": State.WAITING}


@pytest.mark.postgres
def test_concurrent_relays_claim_each_delivery_once(subscribed: Subscribed) -> None:
    subscribed(react, batch=20)  # the window is 80
    subscribed(react_too, batch=20)
    register("desk")
    given(*happened(*range(60)))
    fan_out()
    make_due()

    def relay() -> list[tuple[int, int]]:
        looks = [claim(poll()) for _ in range(5)]
        return [ticket for batches in looks for batch in batches for ticket in batch.tickets]

    tickets = [ticket for relays in at_once(*[relay] * 4) for ticket in relays]

    assert len(tickets) == len(set(tickets)) == 120
    assert {token for _id, token in tickets} == {1}


@pytest.mark.postgres
def test_concurrent_relays_keep_to_the_window(subscribed: Subscribed) -> None:
    subscribed(react, batch=20)  # the window is 80
    register("desk")
    given(*happened(*range(300)))
    fan_out()
    make_due()

    at_once(*[lambda: claim(poll())] * 6)

    assert Delivery.objects.filter(state=State.SENT).count() == 80


def test_delivery_fanned_out_during_claim_waits_for_its_lane(
    subscribed: Subscribed, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = Queue("desk", ordered=True)
    subscribed(react, queue=desk)
    late = subscribed(react_too, queue=desk)
    register("desk")
    given(Happened(about="a", number=1))
    given(Happened(about="a", number=2))
    fan_out()
    make_due()
    earlier = Delivery.objects.get(event__data__number=1, subscription__name=late)
    Delivery.objects.exclude(event__data__number=2, subscription__name=react_name()).delete()
    real = claims.due_candidates

    def candidates(work: Work, room: int, bulk: bool) -> list[claims.Candidate]:
        if work.task == late:  # another relay has routed the earlier event just now
            earlier.save(force_insert=True)
        return real(work, room, bulk)

    monkeypatch.setattr(claims, "due_candidates", candidates)

    assert [len(batch.tickets) for batch in claim(everything())] == [1]
    assert Delivery.objects.filter(state=State.SENT).count() == 1


def react_name() -> str:
    return f"{react.__module__}.{react.__name__}"


def everything() -> list[Work]:
    """The work of all subscriptions, in their order, whether or not something is due."""
    (one,) = poll()
    return [
        replace(one, subscription_id=row.pk, task=row.name)
        for row in Subscription.objects.order_by("id")
    ]
