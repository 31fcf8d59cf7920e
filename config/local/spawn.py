"""Child processes: forked, each in a session of its own, output in a pipe."""

import ctypes
import os
import signal
import sys
import traceback
from collections.abc import Callable, Iterable

from django.db import connections

PR_SET_PDEATHSIG = 1
HANDLED = {signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGCHLD}


def spawn(run: Callable[[], None], close: Iterable[int]) -> tuple[int, int]:
    """Run `run` in a new process; return its id and the reading end of its output.

    The child leads a session of its own, so that Ctrl-C reaches the supervisor alone and a kill
    of its group reaches all that it has started. On Linux the kernel kills it when the supervisor
    ends. `close` are the supervisor's open files, which the child closes.
    """
    release_connections()
    sys.stdout.flush()
    sys.stderr.flush()
    reader, writer = os.pipe()
    supervisor = os.getpid()
    # Blocked until the child has its own handlers: our handlers would swallow a signal.
    signal.pthread_sigmask(signal.SIG_BLOCK, HANDLED)
    pid = os.fork()
    if pid == 0:
        _live(run, writer, supervisor, [*close, reader])
    signal.pthread_sigmask(signal.SIG_UNBLOCK, HANDLED)
    os.close(writer)
    os.set_blocking(reader, False)
    return pid, reader


def release_connections() -> None:
    """Close every database connection and pool; they and their threads do not survive a fork."""
    for connection in connections.all(initialized_only=True):
        connection.close()
        if hasattr(connection, "close_pool"):
            connection.close_pool()


def die_with(parent: int) -> None:
    """Make the kernel kill this process when `parent` ends; on Linux alone."""
    if sys.platform != "linux":
        return
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(1)


def _live(run: Callable[[], None], output: int, supervisor: int, close: list[int]) -> None:
    """Prepare the child, call `run` and exit. Never returns."""
    code = 1
    try:
        os.setsid()
        die_with(supervisor)
        _take_over_files(output, close)
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


def _take_over_files(output: int, close: list[int]) -> None:
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.dup2(output, 1)
    os.dup2(output, 2)
    for descriptor in {nothing, output, *close} - {0, 1, 2}:
        os.close(descriptor)
    sys.stdout.reconfigure(line_buffering=True)
    sys.stderr.reconfigure(line_buffering=True)
