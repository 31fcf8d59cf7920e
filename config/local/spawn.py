"""Start a child process: forked, in a session of its own, its output in a pipe."""

import ctypes
import os
import signal
import sys
import traceback
from collections.abc import Callable, Iterable

from django.db import connections

PR_SET_PDEATHSIG = 1
HANDLED = {signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGCHLD}


def spawn(run: Callable[[], None], not_yours: Iterable[int]) -> tuple[int, int]:
    """Run `run` in a new process; return its id and the reading end of its output.

    The child leads a session of its own, so that Ctrl-C reaches the supervisor alone and the
    whole family can be ended through its group. On Linux it dies with the supervisor, whatever
    kills that. `not_yours` are the supervisor's open files that the child must let go.
    """
    release_connections()
    sys.stdout.flush()
    sys.stderr.flush()
    reader, writer = os.pipe()
    supervisor = os.getpid()
    # Blocked until the child has its own handlers: a signal in between would be lost in ours.
    signal.pthread_sigmask(signal.SIG_BLOCK, HANDLED)
    pid = os.fork()
    if pid == 0:
        _live(run, writer, supervisor, [*not_yours, reader])
    signal.pthread_sigmask(signal.SIG_UNBLOCK, HANDLED)
    os.close(writer)
    os.set_blocking(reader, False)
    return pid, reader


def release_connections() -> None:
    """Close every database connection and pool: neither they nor their threads survive a fork."""
    for connection in connections.all(initialized_only=True):
        connection.close()
        if hasattr(connection, "close_pool"):
            connection.close_pool()


def die_with(parent: int) -> None:
    """Have the kernel kill this process when `parent` ends. Linux alone knows how."""
    if sys.platform != "linux":
        return
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(1)


def _live(run: Callable[[], None], output: int, supervisor: int, not_yours: list[int]) -> None:
    """The child's whole life. Never returns."""
    code = 1
    try:
        os.setsid()
        die_with(supervisor)
        _take_over_files(output, not_yours)
        signal.set_wakeup_fd(-1)
        for number in HANDLED:
            signal.signal(number, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, HANDLED)
        run()
        code = 0
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else int(end.code is not None)
        if isinstance(end.code, str):
            print(end.code, file=sys.stderr)
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def _take_over_files(output: int, not_yours: list[int]) -> None:
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.dup2(output, 1)
    os.dup2(output, 2)
    for descriptor in {nothing, output, *not_yours} - {0, 1, 2}:
        os.close(descriptor)
    sys.stdout.reconfigure(line_buffering=True)
    sys.stderr.reconfigure(line_buffering=True)
