"""The sampler outlives what is away for a while, and says what it could not look at."""

import threading
import time
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from tests.chaos.checker.stock import OVERSOLD
from tests.chaos.sampler import LOOK_EVERY, Sampler
from tests.support.books import Books
from tests.support.datastores import RedisServer
from tests.support.wait import thread_runs, wait_until

TABLES = (
    "CREATE TABLE inventory_stockitem (id integer, sku text, on_hand integer, reserved integer)",
    "CREATE TABLE inventory_movement (item_id integer, number text, kind text, on_hand integer, "
    "reserved integer)",
)
WITHIN = 10


def create_tables(sampler: Sampler) -> None:
    """The one that is looked at first comes last."""
    for table in reversed(TABLES):
        sampler.stage.books.change(table)


@pytest.fixture
def sampler(tmp_path: Path) -> Iterator[Sampler]:
    """Of a database without tables and a Redis that does not run."""
    stage = SimpleNamespace(
        books=Books(path=tmp_path / "shop.sqlite3"),
        broker=RedisServer(tmp_path / "redis"),
        has_broker=True,
        buyers=None,
    )
    yield Sampler(cast(Any, stage))
    stage.broker.kill(hold=True)


def test_sampler_without_samples_reports_it(sampler: Sampler) -> None:
    sampler.start()
    sampler.stop()

    assert sampler.violations == [
        "not checked: stock and Redis were never read",
        "not checked: no task event was received",
    ]


def test_sampler_reports_a_thread_that_died(
    sampler: Sampler, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(threading, "excepthook", lambda arguments: None)
    create_tables(sampler)
    sampler.stage.books.change("INSERT INTO inventory_stockitem VALUES (1, 'A', -1, 0)")
    cast(Any, sampler).violations = None
    sampler.start()
    wait_until(lambda: not thread_runs("sampler"), WITHIN, "it is dead")

    sampler.violations = []
    sampler.stop()

    assert "not checked: the thread sampler died of an error" in sampler.violations


def test_sampler_survives_an_absent_database(sampler: Sampler) -> None:
    sampler.stage.broker.open()
    sampler.start()
    time.sleep(2 * LOOK_EVERY)

    create_tables(sampler)
    wait_until(lambda: sampler.looks, WITHIN, "it looks again")
    with sampler.stage.broker.client() as client:
        wait_until(
            lambda: client.publish("/0.celeryev/task.sent", "{}") and sampler.events,
            WITHIN, "it receives",
        )  # fmt: skip
    sampler.stop()

    assert sampler.violations == []


@pytest.mark.parametrize(
    ("on_hand", "movements", "oversold"),
    [
        pytest.param(2, [], False, id="all is promised"),
        pytest.param(1, [], True, id="one too many is promised"),
        pytest.param(1, [("dispatched", -1, 0)], True, id="what has left was never given back"),
        pytest.param(1, [("released", 0, -1), ("dispatched", -1, 0)], False,
                     id="what had left was given back"),
        pytest.param(0, [("released", 0, -1), ("dispatched", -1, 0)], True,
                     id="one of two that are not there was given back"),
    ],
)  # fmt: skip
def test_reservations_within_the_stock_are_no_violation(
    sampler: Sampler, on_hand: int, movements: list[tuple[str, int, int]], oversold: bool
) -> None:
    create_tables(sampler)
    books = sampler.stage.books
    books.change("INSERT INTO inventory_stockitem VALUES (1, 'A', %s, 2)", on_hand)
    for movement in movements:
        books.change("INSERT INTO inventory_movement VALUES (1, 'SO-1', %s, %s, %s)", *movement)

    assert books.rows(OVERSOLD) == ([("A",)] if oversold else [])


def test_sampler_sees_temporary_overselling(sampler: Sampler) -> None:
    create_tables(sampler)
    sampler.stage.books.change("INSERT INTO inventory_stockitem VALUES (1, 'A', 1, 2)")
    sampler.start()
    wait_until(lambda: sampler.looks, WITHIN, "it looks")
    sampler.stop()

    assert "A was promised and not there" in sampler.violations


def test_sampler_reports_errors_of_customers(sampler: Sampler) -> None:
    sampler.stage.buyers = cast(Any, SimpleNamespace(errors=["a customer could not go on"]))
    sampler.start()
    sampler.stop()

    assert "a customer could not go on" in sampler.violations
