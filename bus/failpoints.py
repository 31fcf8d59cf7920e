"""Named points at which a test can kill or hold a process; off without BUS_FAILPOINTS, a folder.

A point is armed by a file in that folder, named by the point alone or, for one handler, by
`point@handler`. Its content is `kill`, or `hold` and a number of seconds. The first process that
reaches the point removes the file and obeys, so that one file stops one process, once.
"""

import os
import signal
import time
from enum import StrEnum
from pathlib import Path

from bus import conf


class Point(StrEnum):
    """Where a process can be stopped. For an external handler, `BEFORE_EFFECT` is between the
    commit of *sending* and the call."""

    BEFORE_EFFECT = "before-effect"
    AFTER_EFFECT = "after-effect"
    BEFORE_COMMIT = "before-commit"
    AFTER_COMMIT = "after-commit"
    BEFORE_ACK = "before-ack"
    RELAY_FANNED_OUT = "relay-fanned-out"
    """Inside the transaction that fans out events."""
    RELAY_CLAIMED = "relay-claimed"
    """Between the commit of *sent* and the sending."""
    RELAY_SENT = "relay-sent"
    """Right after the sending."""
    WEB_COMMITTED = "web-committed"
    """Between the commit of a request and its answer."""


def reach(point: Point, handler: str = "") -> None:
    """Stop here if the point is armed; without BUS_FAILPOINTS it never is."""
    folder = conf.failpoints()
    if not folder:
        return
    for name in (point, f"{point}@{handler}"):
        armed = Path(folder, name)
        taken = armed.with_name(f"{name}.{os.getpid()}")
        try:
            armed.rename(taken)
        except OSError:  # not armed, or another process was quicker
            continue
        _obey(taken.read_text())


def _obey(order: str) -> None:
    what, *seconds = order.split()
    if what == "kill":
        os.kill(os.getpid(), signal.SIGKILL)
    elif what == "hold":
        time.sleep(float(seconds[0]))
    else:
        raise ValueError(f"The failpoint's file contains {order!r}; write kill, or hold 30.")
