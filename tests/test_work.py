"""`manage.py work` as a process: it works without a broker, and ends when it is told to."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest
from django.conf import settings

from analytics.models import DayFigures
from bus.testing import given
from shop.testing import placed
from tests.support.wait import wait_until
from tests.test_drain import database_url

pytestmark = pytest.mark.django_db(transaction=True)

READY_WITHIN = 60
Start = Callable[..., subprocess.Popen[str]]


@pytest.fixture
def alive(tmp_path: Path) -> Path:
    return tmp_path / "work.alive"


@pytest.fixture
def start(alive: Path) -> Iterator[Start]:
    """Starts the command with these options; returns once it works."""
    started: list[subprocess.Popen[str]] = []

    def start(*options: str) -> subprocess.Popen[str]:
        env = {**os.environ, "DATABASE_URL": database_url(), "REDIS_URL": ""}
        command = [sys.executable, "manage.py", "work", "--touch", str(alive), *options]
        process = subprocess.Popen(command, env=env, cwd=settings.BASE_DIR, text=True)
        started.append(process)
        wait_until(lambda: alive.exists() or process.poll() is not None, READY_WITHIN, "it works")
        return process

    yield start
    for process in started:
        process.kill()
        process.wait()


def children_of(process: subprocess.Popen[str]) -> list[psutil.Process]:
    return psutil.Process(process.pid).children()


def test_work_settles_an_order_and_ends_with_sigterm(start: Start) -> None:
    process = start("--queues", "analytics", "--processes", "3")
    assert len(children_of(process)) == 3

    given(placed("SO-1", CUP=2))

    wait_until(lambda: DayFigures.objects.filter(orders=1).exists(), 30, "the sale is recorded")
    process.send_signal(signal.SIGTERM)
    assert process.wait(20) == 0


def test_signal_to_the_whole_group_ends_it_in_order(start: Start) -> None:
    process = start("--queues", "analytics", "--processes", "2")
    children = children_of(process)

    for one in (*children, psutil.Process(process.pid)):
        one.send_signal(signal.SIGINT)

    assert process.wait(20) == 0


def test_processes_of_a_killed_parent_end(start: Start) -> None:
    process = start("--queues", "analytics", "--processes", "2")
    children = children_of(process)

    process.kill()
    process.wait()

    _gone, left = psutil.wait_procs(children, timeout=20)
    assert not left


def test_killed_process_is_replaced(start: Start) -> None:
    process = start("--queues", "analytics", "--processes", "1")
    [child] = children_of(process)

    child.kill()

    wait_until(
        lambda: [one.pid for one in children_of(process)] not in ([], [child.pid]), 20, "another"
    )
    given(placed("SO-1", CUP=2))
    wait_until(lambda: DayFigures.objects.filter(orders=1).exists(), 30, "the sale is recorded")
