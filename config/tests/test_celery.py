"""How workers find their broker again."""

from types import SimpleNamespace

import pytest
from kombu.exceptions import OperationalError

from config import worker
from config.celery import app


def test_a_broker_that_is_away_is_looked_for_every_second() -> None:
    waits = []

    with pytest.raises(OperationalError):
        app.connection("redis://127.0.0.1:1/0").ensure_connection(
            lambda _error, wait: waits.append(wait), max_retries=3
        )

    assert waits == [1, 1, 1]


def test_a_worker_asks_no_other_worker() -> None:
    starting = SimpleNamespace(options={"without_mingle": False, "without_gossip": False})

    worker.leave_other_workers_alone(sender=starting)

    assert starting.options == {"without_mingle": True, "without_gossip": True}
