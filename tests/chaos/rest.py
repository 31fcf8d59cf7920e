"""After the faults: let every delivery finish."""

import time
from collections.abc import Callable

from tests.chaos.faults.fault import heal
from tests.chaos.stage import Stage
from tests.support.wait import wait_until

LONGEST_REST = 400
"""Seconds. The longest lease is 135, and what was lost in it may be lost once more."""

HURRY_EVERY = 15
"""Seconds between two times that waits are cut short: retries wait for up to an hour otherwise.
Leases are never shortened, for they are what is being proved."""

TELL_EVERY = 5

UNDONE = "SELECT count(*) FROM bus_delivery WHERE state NOT IN ('done', 'dead', 'discarded')"
HURRY = "UPDATE bus_delivery SET due_at = %s WHERE state = 'waiting' AND due_at > %s"
NOW = {True: "SELECT now()", False: "SELECT strftime('%Y-%m-%d %H:%M:%f', 'now')"}


def come_to_rest(stage: Stage, say: Callable[[str], None], longest: float = LONGEST_REST) -> None:
    """Heal everything and wait until nothing is open; what stays open the checker will name."""
    heal(stage)
    hurried = told = time.monotonic()

    def at_rest() -> bool:
        nonlocal hurried, told
        if time.monotonic() > hurried + HURRY_EVERY:
            hurried = time.monotonic()
            now = stage.books.one(NOW[stage.on_postgres])
            stage.books.change(HURRY, now, now)
        left = stage.books.one("SELECT count(*) FROM bus_outbox") + stage.books.one(UNDONE)
        if left and time.monotonic() > told + TELL_EVERY:
            told = time.monotonic()
            say(f"coming to rest: {left} open")
        return not left

    try:
        wait_until(at_rest, longest, "everything is at rest", every=0.5)
    except TimeoutError as error:
        say(str(error))


def deliver_all_again(stage: Stage, say: Callable[[str], None]) -> None:
    """Make every closed delivery due once more, as an operator may, and wait for it."""
    say("delivering everything again")
    for state in ("done", "dead"):
        stage.manage(
            "deliveries", "--state", state, "--again", "--finished",
            "--by", "campaign", "--why", "the campaign repeats everything",
        )  # fmt: skip
    come_to_rest(stage, say)
