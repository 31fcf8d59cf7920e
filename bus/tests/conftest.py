"""A small world of its own for the tests of the bus: one event, and handlers made for a test."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import time, timedelta
from threading import Barrier
from typing import Any

import pytest
import redis
from celery import current_app
from django.db import connection
from django.db.models.functions import Now

from bus import AfterDone, DomainEvent, Queue, Retry, handlers, jobs, subscribe
from bus.models import IN_FLIGHT, Delivery, OperatorAction, State
from bus.store import planner
from bus.store.claims import Batch, claim
from bus.store.outbox import fan_out
from bus.store.poll import poll
from bus.worker.registration import register
from bus.worker.task import Outcome, handle_message


class Happened(DomainEvent, frozen=True, kw_only=True):
    """Something happened to somebody."""

    personal = ("who",)

    about: str
    number: int = 0
    who: str = "Ada Lovelace"

    @property
    def stream(self) -> str:
        return self.about


RETRY = Retry(
    on=(ConnectionError,),
    times=3,
    first_wait=timedelta(seconds=10),
    longest_wait=timedelta(minutes=1),
)

Subscribed = Callable[..., str]


@pytest.fixture
def subscribed() -> Iterator[Subscribed]:
    """Subscribe a function to `Happened` for the length of one test; returns the name."""
    before = dict(handlers.by_name)

    def register(handler: Callable[..., Any], *, ordered: bool = False, **options: Any) -> str:
        queue = options.pop("queue", Queue("desk", ordered=ordered))
        subscribe(Happened, queue=queue, retry=options.pop("retry", RETRY), **options)(handler)
        return f"{handler.__module__}.{handler.__name__}"

    yield register
    for name in handlers.by_name.keys() - before.keys():
        current_app.tasks.pop(name)
    handlers.by_name.clear()
    handlers.by_name.update(before)


def happened(*numbers: int) -> list[Happened]:
    """One event for each number, each in a stream of its own."""
    return [Happened(about=str(number), number=number) for number in numbers]


def note(text: str) -> None:
    """An effect in the database that tests can count."""
    OperatorAction.objects.create(who="test", what="effect", subject=text)


def notes() -> list[str]:
    """The effects so far, in their order."""
    rows = OperatorAction.objects.filter(what="effect").order_by("id")
    return list(rows.values_list("subject", flat=True))


def relayed() -> list[Batch]:
    """What a relay would send now: all that is due of the queue `desk`."""
    register("desk")
    fan_out()
    return claim(poll())


def worked(batches: list[Batch]) -> list[Outcome]:
    """What became of these messages in a worker."""
    return [handle_message(handlers.find(batch.task), batch.tickets) for batch in batches]


def delivery(stream: str | int) -> Delivery:
    """The one delivery of a stream."""
    return Delivery.objects.get(stream=str(stream))


def states() -> dict[str, str]:
    """The state of each stream's delivery."""
    return dict(Delivery.objects.order_by("id").values_list("stream", "state"))


def make_due() -> None:
    """End the waits, those for full batches included."""
    Delivery.objects.filter(state=State.WAITING).update(due_at=Now() - timedelta(seconds=1))


def end_leases() -> None:
    """Let the leases of all that is in flight be over."""
    Delivery.objects.filter(state__in=IN_FLIGHT).update(lease_until=Now() - timedelta(seconds=1))


def at_once(*functions: Callable[[], Any]) -> list[Any]:
    """Run these in threads that start together, each with a connection of its own."""
    together = Barrier(len(functions))

    def run(function: Callable[[], Any]) -> Any:
        try:
            together.wait(timeout=10)
            return function()
        finally:
            connection.close()

    with ThreadPoolExecutor(len(functions)) as pool:
        return list(pool.map(run, functions))


@pytest.fixture(autouse=True)
def grown(monkeypatch: pytest.MonkeyPatch) -> None:
    """To workers a test's ledger is as large as that of a shop which has run for a while."""
    monkeypatch.setattr(planner, "LARGE", 0)


class World:
    """The other side: what arrived there, under which key."""

    def __init__(self) -> None:
        self.keys: list[str] = []
        self.opened = 0

    def send(self, event: Happened, key: str) -> AfterDone:
        assert not connection.in_atomic_block
        self.keys.append(key)
        return lambda: note(str(event.number))

    @contextmanager
    def open(self) -> Iterator[str]:
        self.opened += 1
        yield "line"


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def broker(redis_url: str, settings: Any) -> Iterator[redis.Redis]:
    """An empty Redis that the relay sends to."""
    settings.BUS_REDIS_URL, settings.BUS_KEY_PREFIX = redis_url, ""
    conf = current_app.conf
    before = conf.broker_url, conf.broker_transport
    conf.update(broker_url=redis_url, broker_transport="bus.broker.transport:Transport")
    with redis.Redis.from_url(redis_url) as client:
        client.flushall()
        yield client
    conf.update(broker_url=before[0], broker_transport=before[1])


@pytest.fixture
def stocktaking(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """A job of the queue `desk` for the length of one test; what it has done so far."""
    monkeypatch.setattr(jobs, "by_name", {})
    done: list[str] = []

    def take_stock() -> str:
        done.append("taken")
        if len(done) > 2:
            raise jobs.Failed("the shelves do not answer")
        return f"{len(done)} shelves"

    name = "desk.stocktaking"
    jobs.job(name, title="Stocktaking", at=time(3), queue="desk")(take_stock)
    return done
