"""The ledger worked in the web server, a while at a time, where no broker brings it to workers."""

import time
from collections import Counter
from contextlib import closing
from dataclasses import dataclass, field

from bus.models import Outbox, State
from bus.ops import count_on, counted, record
from bus.ops.stopped import waiting_for_nobody
from bus.relay.drain import drain
from bus.store.poll import look

LONGEST = 10
"""Seconds after which no further message is begun; a browser waits, and proxies give up."""


@dataclass
class Drained:
    """What became of the deliveries, and whether there is more to do."""

    states: Counter[State] = field(default_factory=Counter)
    more: bool = False
    stopped: list[str] = field(default_factory=list)

    @property
    def dead(self) -> int:
        return self.states[State.DEAD]

    def __str__(self) -> str:
        done, waiting = self.states[State.DONE], self.states[State.WAITING]
        rest = "More is due: drain again." if self.more else "Nothing more is due."
        became = f"{counted(done)} done, {self.dead} dead, {waiting} to be tried again."
        return " ".join([became, rest, *self.stopped])


def drain_a_while(*, by: str, why: str) -> Drained:
    """Do what is due, until nothing is or the time is over; written down as it is done."""
    action = record(by, "drain", "all that is due", count=0, why=why)
    drained = Drained()
    time_is_up = time.monotonic() + LONGEST
    with closing(drain()) as messages:
        for _task, outcome in messages:
            drained.states.update(outcome.states)
            count_on(action, outcome.states[State.DONE])
            if time.monotonic() >= time_is_up:
                break
        else:
            drained.stopped = list(waiting_for_nobody())
            return drained
    drained.more = Outbox.objects.exists() or any(one.due for one in look())
    return drained
