"""From the outbox into the ledger: which subscriptions get which events."""

from collections.abc import Callable

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from bus import ops, publish
from bus.models import Delivery, Outbox, Queue, State, Subscription
from bus.store.claims import claim
from bus.store.outbox import fan_out
from bus.store.poll import poll
from bus.testing import given
from bus.tests.conftest import Happened, Subscribed, at_once, happened
from bus.worker.registration import register

pytestmark = pytest.mark.django_db(transaction=True)


def one(event: Happened) -> None: ...
def two(event: Happened) -> None: ...


def pairs() -> list[tuple[str, str]]:
    """Stream and handler of all deliveries, in the order of the ledger."""
    rows = Delivery.objects.order_by("id").values_list("stream", "subscription__name")
    return [(stream, name.rsplit(".", 1)[1]) for stream, name in rows]


def test_fan_out_inserts_a_delivery_for_every_subscription(subscribed: Subscribed) -> None:
    subscribed(one)
    subscribed(two)
    register("desk")
    given(*happened(1, 2))

    assert fan_out() == 2

    assert pairs() == [("1", "one"), ("1", "two"), ("2", "one"), ("2", "two")]
    assert not Outbox.objects.exists()
    assert fan_out() == 0


def test_fan_out_reaches_subscriptions_without_local_code() -> None:
    Subscription.objects.create(
        name="fraud.tasks.look",
        event_type="Happened",
        queue=Queue.objects.create(name="fraud"),
        batch=1,
        window=40,
        ordered=False,
        external=False,
        repeatable=False,
        retry="never again",
    )
    given(*happened(1))

    fan_out()

    assert pairs() == [("1", "look")]


def test_fan_out_skips_retired_subscriptions(subscribed: Subscribed) -> None:
    subscribed(one)
    name = subscribed(two)
    register("desk")
    ops.retire(name, by="test", why="gone")
    given(*happened(1))

    fan_out()

    assert pairs() == [("1", "one")]


def test_event_without_subscription_leaves_the_outbox() -> None:
    given(*happened(1))

    assert fan_out() == 1

    assert pairs() == []
    assert not Outbox.objects.exists()


def statements(function: Callable[[], object]) -> int:
    with CaptureQueriesContext(connection) as queries:
        function()
    return len(queries)


def test_statements_of_fan_out_do_not_grow_with_events(subscribed: Subscribed) -> None:
    def claimed() -> None:
        assert claim(poll())

    subscribed(one, ordered=True)
    subscribed(two, ordered=True)
    register("desk")

    counts = []
    for numbers in ([1], range(10, 40)):
        given(*happened(*numbers))
        counts.append((statements(fan_out), statements(poll), statements(claimed)))
        Delivery.objects.update(state=State.DONE)

    assert counts[0] == counts[1]


@pytest.mark.postgres
def test_concurrent_fan_outs_insert_each_delivery_once(subscribed: Subscribed) -> None:
    subscribed(one)
    subscribed(two)
    register("desk")
    given(*happened(*range(30)))

    counts = at_once(*[fan_out] * 4)

    assert sum(counts) == 30
    assert pairs() == [(str(n), who) for n in range(30) for who in ("one", "two")]


@pytest.mark.postgres
def test_event_committed_after_a_later_one_is_not_missed(
    subscribed: Subscribed,
) -> None:
    subscribed(one)
    register("desk")

    with transaction.atomic():
        publish(Happened(about="early"))
        at_once(lambda: given(Happened(about="late")), lambda: None)
        at_once(fan_out, lambda: None)
    fan_out()

    assert pairs() == [("late", "one"), ("early", "one")]
