"""A process of the pool: performs one batch after the other, until its parent closes the pipe."""

import logging
import resource
import signal
import sys
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from multiprocessing.connection import Connection
from types import FrameType

from celery import current_app
from celery.exceptions import SoftTimeLimitExceeded

from bus import handlers, jobs, spans
from bus.failpoints import Point, reach
from bus.store.claims import Batch
from bus.worker.jobs import LONGEST as LONGEST_JOB
from bus.worker.task import handle_message

log = logging.getLogger(__name__)

STOPS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
GRACE_OF_JOB = timedelta(minutes=1)
KIB = 1 if sys.platform == "linux" else 1024
"""The unit of `ru_maxrss` is a KiB on Linux and a byte on macOS."""


def serve(pipe: Connection, inherited: Iterable[Connection]) -> None:
    """Perform what comes through the pipe. After each batch it says whether it goes on.

    It ends when the parent has closed its end or died, and after a batch with which it has used
    more memory than Celery's `worker_max_memory_per_child`. Signals to stop are the parent's: sent
    to the whole group, they must not interrupt a batch. `inherited` are the parent's ends of all
    pipes: open here, they would keep a pipe open when the parent is gone.
    """
    for one in inherited:
        one.close()
    for number in STOPS:
        signal.signal(number, signal.SIG_IGN)
    signal.signal(signal.SIGALRM, _raise)
    goes_on = True
    while goes_on and (batch := _next(pipe)) is not None:
        perform(batch)
        goes_on = not _is_too_large()
        try:
            pipe.send(goes_on)
        except OSError:  # the parent is gone
            break
    spans.flush()


def perform(batch: Batch) -> None:
    """Handle a batch, or run a job, within the soft limit of its queue.

    A ledger that cannot be written is logged; the deliveries are rescued after their lease.
    """
    soft, _hard = limits(batch)
    try:
        with _soft_limit(soft):
            if batch.task == jobs.RUN_REQUESTED:
                jobs.run_requested(batch.queue)
            else:
                handle_message(handlers.find(batch.task), batch.tickets)
    except Exception:
        log.exception("%s: the ledger could not be written", batch.task)
    reach(Point.BEFORE_ACK, batch.task)


def limits(batch: Batch) -> tuple[timedelta, timedelta]:
    """The soft and the hard limit: how long the handler may run, and its process."""
    if batch.task == jobs.RUN_REQUESTED:
        return LONGEST_JOB, LONGEST_JOB + GRACE_OF_JOB
    queue = handlers.find(batch.task).queue
    return queue.soft_limit, queue.hard_limit


def _next(pipe: Connection) -> Batch | None:
    try:
        found: Batch = pipe.recv()
    except (EOFError, OSError):  # the parent stops, or is gone
        return None
    return found


@contextmanager
def _soft_limit(limit: timedelta) -> Iterator[None]:
    """Raise in the handler what Celery raises. Signals reach the main thread alone."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    signal.setitimer(signal.ITIMER_REAL, limit.total_seconds())
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)


def _raise(_number: int, _frame: FrameType | None) -> None:
    raise SoftTimeLimitExceeded


def _is_too_large() -> bool:
    most = current_app.conf.worker_max_memory_per_child
    used = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // KIB
    return bool(most) and used > most
