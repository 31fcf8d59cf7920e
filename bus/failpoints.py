"""Named points at which a test may kill or hold a process; off without BUS_FAILPOINTS, a folder.

A point is armed by a file in that folder, named by the point alone or, for one handler, by
`point@handler`. Its content is `kill`, or `hold` and a number of seconds. The first process that
comes by takes the file away and obeys, so that one file stops one process, once.
"""

import os
import signal
import time
from enum import StrEnum
from pathlib import Path

from bus import conf


class Point(StrEnum):
    """Where a process can be stopped. Of an outside handler, *before effect* is between the two
    steps of a send: the commit that says *sending*, and the call."""

    BEFORE_EFFECT = "before-effect"
    AFTER_EFFECT = "after-effect"
    BEFORE_COMMIT = "before-commit"
    AFTER_COMMIT = "after-commit"
    BEFORE_ACK = "before-ack"
    RELAY_ROUTED = "relay-routed"
    """Inside the transaction that moves events from the outbox into the ledger."""
    RELAY_CLAIMED = "relay-claimed"
    """Between the commit that says *sent* and the sending."""
    RELAY_SENT = "relay-sent"
    """Sent, and nothing else done since."""
    WEB_COMMITTED = "web-committed"
    """Between the commit of a request and its answer."""


def reach(point: Point, handler: str = "") -> None:
    """Say that the process is at this point, which is all that happens in production."""
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
        raise ValueError(f"A crash point is told to {order!r}; write kill, or hold 30.")
