"""The sampler outlives what is away for a while, and says what it could not look at."""

import threading
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from tests.chaos.datastores import Books, RedisServer, wait_until
from tests.chaos.sampler import Sampler

TABLE = "CREATE TABLE inventory_stockitem (on_hand integer, reserved integer)"
WITHIN = 10


@pytest.fixture
def sampler(tmp_path: Path) -> Iterator[Sampler]:
    """Of a database without tables and a Redis that does not run."""
    stage = SimpleNamespace(
        books=Books(path=tmp_path / "shop.sqlite3"), redis=RedisServer(tmp_path / "redis")
    )
    yield Sampler(cast(Any, stage))
    stage.redis.kill(hold=True)


def test_whoever_saw_and_heard_nothing_says_so(sampler: Sampler) -> None:
    sampler.start()
    sampler.stop()

    assert sampler.violations == [
        "nobody knows: stock and Redis could not be looked at once",
        "nobody knows: not one task event was heard",
    ]


def test_a_thread_that_died_is_told(sampler: Sampler, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(threading, "excepthook", lambda arguments: None)
    sampler.stage.books.change(TABLE)
    sampler.stage.books.change("INSERT INTO inventory_stockitem VALUES (-1, 0)")
    cast(Any, sampler).violations = None
    sampler.start()
    wait_until(lambda: not sampler._threads[0].is_alive(), WITHIN, "it is dead")

    sampler.violations = []
    sampler.stop()

    assert "nobody knows: the thread sampler died of an error" in sampler.violations


def test_a_database_that_is_away_for_a_while_ends_nothing(sampler: Sampler) -> None:
    sampler.stage.redis.open()
    sampler.start()
    sampler._threads[0].join(2)

    sampler.stage.books.change(TABLE)
    wait_until(lambda: sampler.looks, WITHIN, "it looks again")
    with sampler.stage.redis.client() as client:
        wait_until(
            lambda: client.publish("/0.celeryev/task.sent", "{}") and sampler.events,
            WITHIN, "it hears",
        )  # fmt: skip
    sampler.stop()

    assert sampler.violations == []
