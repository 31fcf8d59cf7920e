"""Every crash point of every handler, each hit once, while orders of all kinds come in."""

import time
import uuid
from contextlib import ExitStack
from pathlib import Path
from random import Random
from typing import Any

from tests.chaos.buyers import Purchase
from tests.chaos.faults.fault import fault
from tests.chaos.faults.processes import POINTS_OF_WORKERS
from tests.chaos.stage import Stage

POINTS_OF_OTHERS = ("relay-fanned-out", "relay-claimed", "relay-sent", "web-committed")
LONGEST = 240
EVERY = 4
"""Seconds between two rounds of orders of the rarer kinds."""

TOO_MANY = [{"sku": "DESK-BLOTTER", "quantity": 9_999}]
"""More than the shelf has: the stock rejects it."""
FEW = [{"sku": "DESK-BLOTTER", "quantity": 1}]

ASK_AGAIN = """
from notifications.models import Message
from notifications.services import AlreadyRequested, request_resend
for message in Message.objects.filter(state="sent", original=None).order_by("-id")[:6]:
    try:
        request_resend(message, "campaign")
    except AlreadyRequested:
        pass
"""


@fault("every crash point of every handler, once each", bar=60, seconds=LONGEST, at_random=False)
def crash_sweep(stage: Stage, chance: Random) -> None:
    """Arms all of them at once and orders until each has killed a process.

    Raises:
        AssertionError: naming the points that no process reached.
    """
    names = [name for (name,) in stage.books.rows("SELECT name FROM bus_subscription ORDER BY 1")]
    for child in (stage.relay, stage.shop["web"]):
        child.expect_exit(LONGEST)
    with ExitStack() as stack:
        armed = [stack.enter_context(stage.armed(point)) for point in POINTS_OF_OTHERS]
        armed += [
            stack.enter_context(stage.armed(point, handler=name))
            for name in names
            for point in POINTS_OF_WORKERS
        ]
        deadline = time.monotonic() + LONGEST
        while left := [path for path in armed if path.exists()]:
            assert time.monotonic() < deadline, f"no process reached {', '.join(_names(left))}"
            _order_all_kinds(stage)
            time.sleep(EVERY)


def _names(paths: list[Path]) -> list[str]:
    return [path.name for path in paths]


def _order_all_kinds(stage: Stage) -> None:
    """One order that the stock rejects, one that is cancelled after a while, and mails again."""
    assert stage.buyers is not None
    _buy(stage, TOO_MANY)
    _buy(stage, FEW, wants_to_cancel=True)
    stage.manage("shell", "-c", ASK_AGAIN)


def _buy(stage: Stage, lines: list[dict[str, Any]], *, wants_to_cancel: bool = False) -> None:
    assert stage.buyers is not None
    purchase = Purchase(str(uuid.uuid4()), stage.buyers.body(lines))
    purchase.wants_to_cancel = wants_to_cancel
    stage.buyers.send(purchase)
