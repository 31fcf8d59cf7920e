"""The shop's processes, in the order in which they are started."""

import os
import signal
import sys
from dataclasses import replace
from datetime import timedelta
from functools import partial

from bus import registry
from config.server import serve_here
from config.supervisor import celery_processes, web
from config.supervisor.flower import flower_listens, flower_login, run_flower
from config.supervisor.program import Program

FLOWER, BEAT, WEB, RELAY = "flower", "beat", "web", "relay"
WORKER_GRACE = timedelta(seconds=40)
"""For the tasks that run; what is killed then, the ledger brings back."""


def all_programs() -> list[Program]:
    """Every process but Redis."""
    found = [
        Program(WEB, serve_here, 0, timedelta(seconds=8), ready=web.web_answers),
        Program(RELAY, celery_processes.run_relay, 1, timedelta(seconds=15)),
        *map(worker_program, queue_names()),
        Program(BEAT, celery_processes.run_beat, 2, timedelta(seconds=5)),
        Program(FLOWER, run_flower, 2, timedelta(seconds=5), ready=flower_listens),
    ]
    os.environ["FLOWER_AUTH"] = flower_login()
    return [in_a_fresh_interpreter(p) for p in found] if sys.platform == "darwin" else found


def queue_names() -> list[str]:
    """The queues that somebody subscribes with, each once."""
    return list(dict.fromkeys(handler.queue.name for handler in registry.handlers()))


def worker_program(queue: str) -> Program:
    return Program(
        f"worker-{queue}",
        partial(celery_processes.run_worker, queue),
        3,
        WORKER_GRACE,
        # Ends as soon as its tasks have ended; after SIGTERM it would always wait for 20 s.
        stop_signal=signal.SIGINT,
        ready=partial(celery_processes.worker_is_ready, queue),
    )


def in_a_fresh_interpreter(program: Program) -> Program:
    """The same program for macOS, whose system libraries do not survive a fork without an exec."""
    command = [sys.executable, sys.argv[0], "up", "--only", program.name]
    return replace(program, run=partial(os.execv, sys.executable, command))
