"""What the relay keeps for the console: signs of life of workers, and its own pace."""

from datetime import timedelta

import pytest
import redis
from django.db import DataError, ProgrammingError
from django.utils import timezone

from bus.broker import server, workers
from bus.broker.envelope import inspect
from bus.broker.keys import key
from bus.broker.workers import Sign
from bus.models import Delivery, Pace, RelayState, State, WorkerState
from bus.ops.jobs import run_job
from bus.relay import pace
from bus.relay.loop import Relay
from bus.relay.pace import PaceKeeper
from bus.relay.workers import WorkerWatch
from bus.testing import given
from bus.tests.conftest import Happened, Subscribed, happened, relayed, worked
from bus.worker.registration import register

pytestmark = pytest.mark.django_db(transaction=True)


def wrap(event: Happened) -> None: ...


@pytest.fixture
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing waits between two readings."""
    monkeypatch.setattr("bus.relay.workers.EVERY", 0.0)
    monkeypatch.setattr(pace, "EVERY", 0.0)


@pytest.fixture
def watch(broker: redis.Redis, at_once: None) -> WorkerWatch:
    return WorkerWatch()


def sign(beat: str, *queues: str) -> Sign:
    return Sign(beat, list(queues), 2)


def seen() -> list[str]:
    return list(WorkerState.objects.order_by("name").values_list("name", flat=True))


def test_worker_is_seen_when_its_sign_changes(watch: WorkerWatch) -> None:
    with server.client(decode=False) as client:
        workers.give(client, "desk@here", sign("1", "desk"))
        watch.watch()
        watch.watch()
        assert seen() == []  # the sign may be of a worker that died long ago

        workers.give(client, "desk@here", sign("2", "desk"))
        watch.watch()

    [state] = WorkerState.objects.all()
    assert (state.name, state.queues, state.processes) == ("desk@here", ["desk"], 2)


def test_unreadable_signs_are_skipped(watch: WorkerWatch, broker: redis.Redis) -> None:
    unreadable = {
        "long": "9" * 5_000, "other": "{}", "x" * 300: "{}", b"\xff": "{}", "list": "[1]",
        "negative": '{"beat": "%s", "queues": [], "processes": -1}',
        "crowd": '{"beat": "%s", "queues": [], "processes": 32768}',
        "nul": r'{"beat": "%s", "queues": ["desk\u0000"], "processes": 1}',
        "nul\0": '{"beat": "%s", "queues": [], "processes": 1}',
    }  # fmt: skip
    with server.client(decode=False) as client:
        for beat in "12":
            signs = {name: text.replace("%s", beat) for name, text in unreadable.items()}
            broker.hset(key(workers.WORKERS), mapping=signs)  # type: ignore[arg-type]  # bytes do
            workers.give(client, "desk@here", sign(beat, "desk"))
            watch.watch()

    assert seen() == ["desk@here"]


def test_key_of_another_type_is_no_sign(watch: WorkerWatch, broker: redis.Redis) -> None:
    broker.set(key(workers.WORKERS), "text")

    watch.watch()

    assert seen() == []


def test_worker_that_stays_silent_is_forgotten(
    watch: WorkerWatch, broker: redis.Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(WorkerState, "KEPT_FOR", timedelta(0))
    with server.client(decode=False) as client:
        for beat in "12":
            workers.give(client, "desk@here", sign(beat, "desk"))
            watch.watch()
    assert seen() == ["desk@here"]

    watch.watch()

    assert seen() == []
    assert not broker.exists(key(workers.WORKERS))


def test_worker_of_a_flushed_broker_is_forgotten_by_its_age(watch: WorkerWatch) -> None:
    for name, ago in (("desk@old", 61), ("desk@new", 59)):
        seen_at = timezone.now() - timedelta(minutes=ago)
        WorkerState.objects.create(name=name, queues=[], processes=1, seen_at=seen_at)

    watch.watch()

    assert seen() == ["desk@new"]


def test_relay_keeps_the_pace_of_what_it_has_sent(subscribed: Subscribed, at_once: None) -> None:
    subscribed(wrap)
    given(*happened(1, 2, 3))
    batches = relayed()
    keeper = PaceKeeper()
    keeper.sent(pk for batch in batches for pk, _token in batch.tickets)

    keeper.keep()
    assert not Pace.objects.exists()  # all of it is in flight

    worked(batches)
    keeper.keep()
    keeper.keep()

    assert sum(Pace.objects.values_list("done", flat=True)) == 3


def test_trouble_with_the_figures_stops_nothing(
    subscribed: Subscribed, at_once: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    subscribed(wrap)
    given(*happened(1))
    batches = relayed()
    worked(batches)
    keeper = PaceKeeper()
    keeper.sent(pk for batch in batches for pk, _token in batch.tickets)

    def breaks(_ids: list[int]) -> None:
        raise ProgrammingError("relation bus_pace does not exist")

    with monkeypatch.context() as broken:
        broken.setattr("bus.store.pace.add", breaks)
        keeper.keep()
    keeper.keep()  # not yet again

    assert not Pace.objects.exists()
    assert Delivery.objects.get().state == State.DONE


def test_requested_job_is_sent_once_to_its_queue(
    broker: redis.Redis, stocktaking: list[str]
) -> None:
    run_job("desk.stocktaking", by="ada")
    relay = Relay()
    for _step in range(3):
        relay.step()
        relay.jobs.send()

    [message] = broker.lrange("desk", 0, -1)
    assert b"bus.run_requested_jobs" in message
    assert isinstance(message, bytes)
    assert inspect(message, "desk")
    relay.sender.close()


@pytest.mark.parametrize("error", [DataError("value too long"), redis.ResponseError("NOPERM")])
@pytest.mark.parametrize("part", ["workers.watch", "jobs.send"])
def test_trouble_beside_deliveries_stops_no_sending(
    subscribed: Subscribed,
    broker: redis.Redis,
    monkeypatch: pytest.MonkeyPatch,
    part: str,
    error: Exception,
) -> None:
    subscribed(wrap)
    register("desk")
    given(*happened(1))
    relay = Relay()
    of, name = part.split(".")

    def breaks() -> None:
        raise error

    monkeypatch.setattr(getattr(relay, of), name, breaks)
    others: list[str] = []
    monkeypatch.setattr(relay.pace, "keep", lambda: others.append("pace"))

    relay.step()
    relay.step()

    assert Delivery.objects.get().state == State.SENT
    assert RelayState.objects.get().broker_error == ""
    assert others == ["pace", "pace"]
    relay.sender.close()
