"""A worker's sign of life."""

import socket
import time
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import redis

from bus.broker import server, workers
from bus.worker.heartbeat import Heartbeat


class Timer:
    """Calls at once what is to be called once the loop runs."""

    def __init__(self) -> None:
        self.cancelled = False

    def call_after(self, _seconds: float, function: Callable[[], None]) -> None:
        function()

    def call_repeatedly(self, _seconds: float, _function: Callable[[], None]) -> "Timer":
        return self

    def cancel(self) -> None:
        self.cancelled = True


def consumer() -> Any:
    queues = SimpleNamespace(consume_from={"desk": None})
    return SimpleNamespace(
        app=SimpleNamespace(amqp=SimpleNamespace(queues=queues)),
        pool=SimpleNamespace(num_processes=2),
        hostname="desk@here",
        timer=Timer(),
    )


def test_worker_gives_a_sign_until_it_stops(broker: redis.Redis) -> None:
    step, worker = Heartbeat(None), consumer()

    step.start(worker)
    step.stop(worker)

    with server.client(decode=False) as client:
        [seen] = workers.read(client)
    assert (seen.name, seen.sign.queues, seen.sign.processes) == ("desk@here", ["desk"], 2)
    assert worker.timer.cancelled


def test_silent_redis_is_tried_once_for_a_second(settings: Any) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        settings.BUS_REDIS_URL = f"redis://127.0.0.1:{silent.getsockname()[1]}/0"
        step, began = Heartbeat(None), time.monotonic()

        step.start(consumer())

        # With the client's own retries it took 27 s.
        assert time.monotonic() - began < 5


def test_step_that_did_not_start_can_be_stopped() -> None:
    Heartbeat(None).stop(None)
