"""Waiting for what another process or thread does."""

import sqlite3
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import psycopg


def wait_until(
    event: Callable[[], Any],
    seconds: float,
    what: str | Callable[[], str],
    every: float = 0.05,
) -> Any:
    """What `event` gives once that is true. Errors of databases and sockets count as false.

    Raises:
        TimeoutError: naming `what` did not come about; a function gives its text then.
    """
    deadline = time.monotonic() + seconds
    while True:
        found = None
        with suppress(psycopg.Error, sqlite3.Error, OSError):
            found = event()
        if found:
            return found
        if time.monotonic() > deadline:
            raise TimeoutError(
                f"Not within {seconds:g} s: {what if isinstance(what, str) else what()}"
            )
        time.sleep(every)


def thread_runs(name: str) -> bool:
    """Whether a thread of this name runs in this process."""
    return any(thread.name == name for thread in threading.enumerate())
