"""What a loop says of itself."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from bus import selectors
from bus.console.workers import alive_by_queue, read_workers
from bus.models import RelayState, WorkerState
from bus.work.signs import Signs

pytestmark = pytest.mark.django_db(transaction=True)


def test_loop_is_shown_as_relay_and_as_worker_of_its_queues(tmp_path: Path) -> None:
    file = tmp_path / "run" / "work.alive"

    Signs("work@here", ["attic", "desk"], 4, touch=file).give()

    [worker] = read_workers()
    assert (worker.name, worker.processes, worker.alive) == ("work@here", 4, True)
    assert alive_by_queue([worker]) == {"attic": 1, "desk": 1}
    assert not selectors.broker_state().silent
    assert file.exists()


def test_trouble_of_a_broker_stays_told_where_there_is_one(settings: Any) -> None:
    RelayState.objects.create(pk=RelayState.THE_ROW, broker_error="TimeoutError: no answer")

    Signs("work@here", ["desk"], 4).give()

    settings.BUS_REDIS_URL = "redis://localhost:1/0"
    assert selectors.broker_state().error == "TimeoutError: no answer"
    settings.BUS_REDIS_URL = ""
    assert selectors.broker_state().ok


def test_sign_is_not_given_at_each_poll() -> None:
    signs = Signs("work@here", ["desk"], 4)
    signs.give()
    WorkerState.objects.all().delete()

    signs.give()

    assert not WorkerState.objects.exists()


def test_workers_seen_long_ago_are_forgotten() -> None:
    long_ago = timezone.now() - timedelta(minutes=61)
    WorkerState.objects.create(name="desk@old", queues=[], processes=1, seen_at=long_ago)

    Signs("work@here", ["desk"], 4).give()

    assert [worker.name for worker in read_workers()] == ["work@here"]
