"""The shop's processes, in the order in which they are started."""

import os
import signal
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from functools import partial

from django.conf import settings

from bus import handlers
from config.flower import flower_login, run_flower
from config.local import processes, readiness
from config.local.program import Program
from config.server import serve_here

FLOWER, BEAT, WEB, RELAY, WORK = "flower", "beat", "web", "relay", "work"
WORKER_GRACE = timedelta(seconds=40)
"""For running tasks to finish; the deliveries of a killed one are rescued after their lease."""


def all_programs() -> list[Program]:
    """Every process but Redis."""
    web = Program(WEB, serve_here, 0, timedelta(seconds=8), ready=readiness.web_answers)
    found = [web, *(_without_broker() if settings.WITHOUT_BROKER else _with_broker())]
    if settings.BUS_METRICS_PORT:
        found = [measured(p, place) for place, p in enumerate(found)]
    return [in_a_fresh_interpreter(p) for p in found] if sys.platform == "darwin" else found


def _without_broker() -> list[Program]:
    return [Program(WORK, processes.run_work, 3, WORKER_GRACE, ready=readiness.work_runs)]


def _with_broker() -> list[Program]:
    found = [
        Program(RELAY, processes.run_relay, 1, timedelta(seconds=15)),
        *map(worker_program, queue_names()),
        Program(BEAT, processes.run_beat, 2, timedelta(seconds=5)),
    ]
    return [*found, _flower()] if settings.WITH_FLOWER else found


def _flower() -> Program:
    run = partial(run_flower, flower_login())
    return Program(FLOWER, run, 2, timedelta(seconds=5), ready=readiness.flower_listens)


def queue_names() -> list[str]:
    """The queues of all handlers, each once."""
    return list(dict.fromkeys(handler.queue.name for handler in handlers.declared()))


def worker_program(queue: str) -> Program:
    return Program(
        f"worker-{queue}",
        partial(processes.run_worker, queue),
        3,
        WORKER_GRACE,
        # Ends with its last task; after SIGTERM it would always wait for 20 s.
        stop_signal=signal.SIGINT,
        ready=partial(readiness.worker_consumes, queue),
        # Not true here: the supervisor answers Ctrl-C, and has said what another one does.
        hides="Hitting Ctrl+C again",
    )


def measured(program: Program, place: int) -> Program:
    """The same program, which serves its metrics at METRICS_PORT plus its place in the list."""
    return replace(program, run=partial(_run_at, settings.BUS_METRICS_PORT + place, program.run))


def _run_at(port: int, run: Callable[[], None]) -> None:
    settings.BUS_METRICS_PORT = port
    run()


def in_a_fresh_interpreter(program: Program) -> Program:
    """The same program for macOS, whose system libraries fail in a fork without an exec."""
    return replace(program, run=partial(_execute_alone, program.name, flower_login()))


def _execute_alone(name: str, flower_auth: str) -> None:
    command = [sys.executable, sys.argv[0], "up", "--only", name]
    # The login may have been made up for this start.
    environment = {**os.environ, "FLOWER_AUTH": flower_auth, "FLOWER_AUTH_FILE": ""}
    os.execve(sys.executable, command, environment)  # noqa: S606  the command is our own
