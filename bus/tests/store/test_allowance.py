"""The limits of a queue hold for all of its handlers, relays and workers together."""

from datetime import timedelta

import pytest
from django.db import connection
from django.db.models import F
from django.test.utils import CaptureQueriesContext

from bus import Queue, models, ops
from bus.models import IN_FLIGHT, Delivery, State
from bus.store.claims import Batch, claim
from bus.store.in_flight import InFlight
from bus.store.outbox import fan_out
from bus.store.poll import poll
from bus.store.rescue import rescue_not_sent
from bus.testing import given
from bus.tests.conftest import (
    Happened,
    Subscribed,
    at_once,
    end_leases,
    happened,
    make_due,
    relayed,
    states,
    worked,
)
from bus.worker.registration import register

pytestmark = pytest.mark.django_db(transaction=True)

SLOW = Queue("desk", rate="1/min")
"""So slow that no test waits for a permit."""

NARROW = Queue("desk", at_once=3)


def react(event: Happened) -> None: ...
def react_too(event: Happened) -> None: ...


def refuse(event: Happened) -> None:
    raise ConnectionError


def sizes(batches: list[Batch]) -> list[int]:
    return [len(batch.tickets) for batch in batches]


def pass_time(seconds: float) -> None:
    models.Queue.objects.update(empty_at=F("empty_at") - timedelta(seconds=seconds))


def in_flight() -> int:
    return Delivery.objects.filter(state__in=IN_FLIGHT).count()


def test_full_bucket_has_one_seconds_worth(subscribed: Subscribed) -> None:
    subscribed(react, queue=Queue("desk", rate="25/s"), batch=10)
    given(*happened(*range(40)))

    assert sizes(relayed()) == [10, 10, 5]


def test_bucket_is_filled_by_time_and_not_beyond_its_capacity(subscribed: Subscribed) -> None:
    subscribed(react, queue=SLOW, batch=1)
    given(*happened(*range(5)))

    assert sizes(relayed()) == [1]
    assert sizes(relayed()) == []
    pass_time(61)
    assert sizes(relayed()) == [1]
    pass_time(3600)
    assert sizes(relayed()) == [1]
    assert sizes(relayed()) == []


def test_all_handlers_of_a_queue_share_its_permits_in_turn(subscribed: Subscribed) -> None:
    names = {
        subscribed(react, queue=SLOW, batch=1),
        subscribed(react_too, queue=SLOW, batch=1),
    }
    register("desk")
    given(*happened(*range(5)))
    fan_out()
    relay = InFlight()

    got = []
    for _ in range(4):
        got += [batch.task for batch in claim(poll(), in_flight=relay)]
        pass_time(61)

    assert len(got) == 4
    assert set(got[:2]) == set(got[2:]) == names


@pytest.mark.postgres
def test_relays_at_the_same_time_share_permits_and_places(subscribed: Subscribed) -> None:
    subscribed(react, queue=SLOW, batch=1)
    subscribed(react_too, queue=Queue("attic", at_once=3))
    register()
    given(*happened(*range(40)))
    fan_out()
    make_due()

    def relay() -> list[Batch]:
        return [batch for _ in range(5) for batch in claim(poll())]

    batches = [batch for found in at_once(*[relay] * 4) for batch in found]

    claimed = dict.fromkeys(("desk", "attic"), 0)
    for batch in batches:
        claimed[batch.queue] += len(batch.tickets)
    assert claimed == {"desk": 1, "attic": 3}


def test_permits_of_what_was_not_sent_are_given_back(subscribed: Subscribed) -> None:
    subscribed(react, queue=SLOW, batch=1)
    given(*happened(1, 2))
    (batch,) = relayed()

    rescue_not_sent(batch.tickets)

    assert sizes(relayed()) == [1]
    assert sizes(relayed()) == []


def test_permit_of_what_a_worker_started_all_the_same_is_not_given_back(
    subscribed: Subscribed,
) -> None:
    subscribed(react, queue=SLOW, batch=1)
    given(*happened(1, 2))
    (batch,) = relayed()
    worked([batch])

    rescue_not_sent(batch.tickets)

    assert sizes(relayed()) == []


def test_no_more_than_at_once_are_in_flight(subscribed: Subscribed) -> None:
    subscribed(react, queue=NARROW, batch=2)
    subscribed(react_too, queue=NARROW, batch=2)
    given(*happened(*range(5)))

    first = relayed()
    assert (sizes(first), relayed()) == ([2, 1], [])

    worked(first[:1])
    assert sum(sizes(relayed())) == 2
    assert in_flight() == 3


def test_failed_delivery_frees_its_place(subscribed: Subscribed) -> None:
    subscribed(refuse, queue=Queue("desk", at_once=1))
    given(*happened(1, 2))

    worked(relayed())

    assert sizes(relayed()) == [1]
    assert states() == {"1": State.WAITING, "2": State.SENT}


def test_lost_worker_frees_its_place_with_its_lease(subscribed: Subscribed) -> None:
    subscribed(react, queue=Queue("desk", at_once=1))
    given(*happened(1, 2))
    relayed()
    assert relayed() == []

    end_leases()

    assert sizes(relayed()) == [1]
    assert in_flight() == 1


def test_queue_without_permits_holds_up_no_other(subscribed: Subscribed) -> None:
    subscribed(react, queue=SLOW, batch=1)
    other = subscribed(react_too, queue=Queue("attic"))
    given(*happened(1, 2))
    register("attic")
    relayed()
    given(*happened(3))
    fan_out()
    make_due()

    assert [batch.task for batch in claim(poll())] == [other]


def test_idle_processes_get_no_more_than_is_allowed(subscribed: Subscribed) -> None:
    subscribed(react, queue=Queue("desk", rate="1/min", at_once=5), batch=4)
    register("desk")
    given(*happened(*range(9)))
    fan_out()

    claimed = [claim(poll(), messages=3, full_batches=False) for _ in range(3)]

    assert [sizes(batches) for batches in claimed] == [[1], [], []]


def test_lanes_and_pauses_hold_in_a_limited_queue(subscribed: Subscribed) -> None:
    queue = Queue("desk", ordered=True, at_once=5)
    name = subscribed(react, queue=queue)
    given(*[Happened(about="a", number=number) for number in range(3)], Happened(about="b"))

    assert sizes(relayed()) == [2]
    ops.pause(name, by="test")
    Delivery.objects.filter(state=State.SENT).update(state=State.DONE)
    assert relayed() == []
    ops.resume(name, by="test")
    assert sizes(relayed()) == [1]


def test_queue_without_limits_costs_no_statement_more(subscribed: Subscribed) -> None:
    def statements(queue: Queue) -> list[str]:
        subscribed(react if queue.name == "desk" else react_too, queue=queue)
        register(queue.name)
        given(*happened(1))
        fan_out()
        with CaptureQueriesContext(connection) as queries:
            assert claim(poll())
        return [query["sql"] for query in queries if "bus_queue" in query["sql"]]

    without = statements(Queue("desk"))

    assert not [sql for sql in without if "empty_at" in sql]
    assert [sql for sql in statements(Queue("attic", rate="10/s")) if "empty_at" in sql]


def test_changed_limit_is_registered_and_the_bucket_kept(
    subscribed: Subscribed, monkeypatch: pytest.MonkeyPatch
) -> None:
    subscribed(react, queue=SLOW, batch=1)
    given(*happened(1))
    relayed()
    emptied_at = models.Queue.objects.get(name="desk").empty_at
    monkeypatch.setattr(Queue, "per_second", 7.0)

    register("desk")

    row = models.Queue.objects.get(name="desk")
    assert (row.rate, row.at_once, row.empty_at) == (7.0, None, emptied_at)
    assert emptied_at is not None
