"""A mail provider and a warehouse that are away, slow, busy, or forget what they were asked."""

import time
from contextlib import suppress
from random import Random

from tests.chaos.faults.fault import Missed, fault
from tests.chaos.mailbox import Mailbox
from tests.chaos.stage import Stage
from tests.chaos.warehouse import Warehouse
from tests.support.proxy import Proxy, Wire
from tests.support.wait import wait_until

MAIL_BAR = 30
WAREHOUSE_BAR = 50
"""Seconds: a release that hangs is given up after 20, and its worker may begin one more."""

OVER_TIMEOUT = 25.0
"""Seconds; the shop waits for an answer of mail or warehouse for 20."""


@fault("SMTP refuses every connection", bar=MAIL_BAR, seconds=10)
def smtp_refuses(stage: Stage, chance: Random) -> None:
    _cut(stage.mail_wire, Wire.REFUSED, chance.uniform(3, 10))


@fault("SMTP takes the connection and says nothing", bar=MAIL_BAR, seconds=25)
def smtp_stalls(stage: Stage, chance: Random) -> None:
    _cut(stage.mail_wire, Wire.DROPPED, chance.uniform(5, 25))


@fault("SMTP answers 421 to every mail", bar=MAIL_BAR, seconds=8)
def smtp_421(stage: Stage, chance: Random) -> None:
    _ill(stage.mailbox, "421", chance.uniform(3, 8))


@fault("SMTP answers 450, then takes the mail", bar=MAIL_BAR, seconds=8)
def smtp_450(stage: Stage, chance: Random) -> None:
    _ill(stage.mailbox, "450", chance.uniform(3, 8))


@fault("SMTP answers 451 to the final dot, then takes the mail", bar=MAIL_BAR, seconds=8)
def smtp_451(stage: Stage, chance: Random) -> None:
    _ill(stage.mailbox, "451", chance.uniform(3, 8))


@fault("SMTP hangs up before DATA", bar=MAIL_BAR, seconds=8)
def smtp_drops_before_data(stage: Stage, chance: Random) -> None:
    _ill(stage.mailbox, "drop before DATA", chance.uniform(3, 8))


@fault("SMTP keeps the mail and hangs up after the final dot", bar=MAIL_BAR, seconds=6)
def smtp_drops_after_dot(stage: Stage, chance: Random) -> None:
    _ill(stage.mailbox, "drop after the dot", chance.uniform(2, 6))


@fault("SMTP keeps the mail and answers after 25 s", bar=45, seconds=6)
def smtp_late(stage: Stage, chance: Random) -> None:
    stage.mailbox.lateness = OVER_TIMEOUT
    _ill(stage.mailbox, "late", chance.uniform(2, 6))


@fault("SMTP keeps the mail and answers after 90 s", bar=60, seconds=30, at_random=False)
def smtp_90_s_late(stage: Stage, chance: Random) -> None:
    stage.mailbox.lateness = 90
    _ill(stage.mailbox, "late", chance.uniform(10, 30))


@fault("the warehouse accepts, and its answer never comes", bar=WAREHOUSE_BAR, seconds=8)
def warehouse_silent(stage: Stage, chance: Random) -> None:
    stage.warehouse.silence = OVER_TIMEOUT
    _ill(stage.warehouse, "accept, then silence", chance.uniform(3, 8))


@fault("the warehouse answers 500 after accepting", bar=15, seconds=8)
def warehouse_500(stage: Stage, chance: Random) -> None:
    _ill(stage.warehouse, "500 after accepting", chance.uniform(3, 8))


@fault("the warehouse answers 429 with a Retry-After", bar=15, seconds=8)
def warehouse_429(stage: Stage, chance: Random) -> None:
    _ill(stage.warehouse, "429", chance.uniform(3, 8))


@fault("the warehouse answers 503 and asks for a second, again and again", bar=15, seconds=45)
def warehouse_503(stage: Stage, chance: Random) -> None:
    """For longer than its policy has tries, were each of them a second after the one before."""
    _ill(stage.warehouse, "503", chance.uniform(25, 45))


@fault("the warehouse answers 200 with broken JSON", bar=15, seconds=8)
def warehouse_babbles(stage: Stage, chance: Random) -> None:
    _ill(stage.warehouse, "broken JSON", chance.uniform(3, 8))


@fault("mail and warehouse fail at every second try", bar=MAIL_BAR, seconds=12)
def providers_flap(stage: Stage, chance: Random) -> None:
    stage.warehouse.illness = "flapping"
    _ill(stage.mailbox, "flapping", chance.uniform(5, 12))
    stage.warehouse.illness = ""


@fault("the warehouse redirects one release to loopback", bar=15, seconds=30)
def warehouse_redirects(stage: Stage, chance: Random) -> str | None:
    """A redirect is not followed, and the release dies; an operator delivers it again.

    Raises:
        AssertionError: a request followed the redirect.
    """
    warehouse = stage.warehouse
    known = set(warehouse.redirected)
    warehouse.illness = "redirect once"
    with suppress(TimeoutError):  # and is a miss below
        wait_until(lambda: set(warehouse.redirected) - known, 10, "a request was redirected")
    if warehouse.illness == "redirect once":
        warehouse.illness = ""
    for number in set(warehouse.redirected) - known:
        _deliver_again(stage, number)
    assert not warehouse.followed, "a redirect to loopback was followed"
    if not set(warehouse.redirected) - known:
        raise Missed("Nothing was released meanwhile.")
    return f"{len(set(warehouse.redirected) - known)} redirected"


def _deliver_again(stage: Stage, number: str) -> None:
    """Once it is dead, as it must be; a worker that was killed meanwhile does it later."""
    dead = (
        "SELECT d.id FROM bus_delivery d JOIN bus_subscription s ON s.id = d.subscription_id "
        "WHERE d.stream = %s AND s.name LIKE 'fulfillment.%%' AND d.state = 'dead'"
    )
    rows = wait_until(lambda: stage.books.rows(dead, number), 120, f"{number} needs a person")
    ids = [row[0] for row in rows]
    stage.manage(
        "shell", "-c", f"from bus.ops import deliver_again; deliver_again({ids}, by='staff')"
    )


def _cut(wire: Proxy, mode: Wire, seconds: float) -> None:
    wire.set(mode)
    time.sleep(seconds)
    wire.set(Wire.FINE)


def _ill(provider: Mailbox | Warehouse, illness: str, seconds: float) -> None:
    provider.illness = illness
    time.sleep(seconds)
    provider.illness = ""
