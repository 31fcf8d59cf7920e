"""Processes that die, freeze, or end in the middle of something."""

import os
import resource
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from random import Random

from tests.chaos import forgery
from tests.chaos.faults.fault import Missed, fault, or_missed
from tests.chaos.stage import Stage
from tests.support.child import Child
from tests.support.wait import wait_until

WORKER_BAR = 30
"""Seconds: a worker is started again and imports the whole shop before it works."""

CONFIRMATION = "notifications.tasks.send_order_confirmation"
SOFT_LIMIT, HARD_LIMIT = 45, 60
"""Seconds that one message of the confirmations may take."""

OVER_A_LEASE = 140
"""Seconds; a message has 120 to be taken."""
WORKED_OFF = 150
"""Seconds: what came while a worker was away is worked off in its order, before the next order."""

POINTS_OF_WORKERS = (
    "before-effect", "after-effect", "before-commit", "after-commit", "before-ack",
)  # fmt: skip


@fault("kill -9 of a whole worker group", bar=WORKER_BAR)
def kill_worker(stage: Stage, chance: Random) -> None:
    chance.choice(stage.workers).kill()


@fault("kill -9 of one pool child", bar=15)
def kill_pool_child(stage: Stage, chance: Random) -> None:
    worker = chance.choice(stage.workers)
    pool = worker.pool()
    if not pool:
        raise Missed(f"{worker.name} has no pool yet.")
    with suppress(ProcessLookupError):
        os.kill(pool[0], signal.SIGKILL)


@fault("kill -9 of a worker's process at a named crash point", bar=15, seconds=3)
def crash_worker(stage: Stage, chance: Random) -> None:
    with or_missed(), stage.armed(chance.choice(POINTS_OF_WORKERS)) as armed:
        wait_until(lambda: not armed.exists(), 3, "a process crashed")


@fault("SIGTERM to a worker, SIGKILL a second later", bar=WORKER_BAR)
def impatient_stop(stage: Stage, chance: Random) -> None:
    worker = chance.choice(stage.workers)
    worker.expect_exit(10)
    worker.send(signal.SIGTERM)
    time.sleep(1)
    worker.kill()


@fault("all workers restarted one after the other, under load", bar=WORKER_BAR, seconds=60)
def rolling_restart(stage: Stage, chance: Random) -> None:
    for worker in chance.sample(stage.workers, k=min(2, len(stage.workers))):
        worker.stop(number=signal.SIGTERM)
        worker.start()


@fault("a worker's pool frozen past its lease, then thawed", bar=30, seconds=90, at_random=False)
def freeze_past_lease(stage: Stage, chance: Random) -> None:
    worker = chance.choice([one for one in stage.workers if one.name != "worker-billing"])
    worker.signal_group(signal.SIGSTOP)
    time.sleep(85)
    worker.signal_group(signal.SIGCONT)


@fault("a worker that stays away for longer than a lease", bar=WORKED_OFF, seconds=150)
def worker_away(stage: Stage, chance: Random) -> None:
    with _away(chance.choice(stage.workers)):
        time.sleep(OVER_A_LEASE)


@fault("a worker that stays away for two leases, and nothing else", bar=2 * WORKED_OFF,
       seconds=300, at_random=False, broker="redis")  # fmt: skip
def worker_away_for_leases(stage: Stage, chance: Random) -> str:
    """Each delivery has one message in its queue, however many leases have ended.

    Raises:
        AssertionError: one has several.
    """
    worker = chance.choice(stage.workers)
    queue = worker.name.removeprefix("worker-")
    with _away(worker):
        time.sleep(2 * OVER_A_LEASE)
        tickets = _waiting_in(stage, queue)
    deliveries = {pk for pk, _token in tickets}
    if not deliveries:
        raise Missed(f"Nothing was sent to {queue}.")
    copies = len(tickets) - len(deliveries)
    assert not copies, f"{queue} holds {copies} deliveries more than once"
    return f"{len(deliveries)} deliveries waited in {queue}, each in one message"


@contextmanager
def _away(worker: Child) -> Iterator[None]:
    worker.kill(hold=True)
    try:
        yield
    finally:
        worker.start()


def _waiting_in(stage: Stage, queue: str) -> list[tuple[int, int]]:
    """Every delivery with its token that a message in the queue names."""
    with stage.redis.client() as client:
        keys = list(client.scan_iter(match=f"*{queue}", _type="list"))
        items = [item for key in keys for item in client.lrange(key, 0, -1)]
    return [ticket for item in items for ticket in forgery.tickets_of(item)]


@fault("a worker frozen for a moment", bar=15, seconds=6)
def freeze_worker(stage: Stage, chance: Random) -> None:
    worker = chance.choice(stage.workers)
    worker.signal_group(signal.SIGSTOP)
    time.sleep(chance.uniform(1, 6))
    worker.signal_group(signal.SIGCONT)


@fault("kill -9 of the web process between COMMIT and answer", bar=WORKER_BAR, seconds=3)
def crash_web(stage: Stage, chance: Random) -> None:
    web = stage.shop["web"]
    web.expect_exit(8)
    with or_missed(), stage.armed("web-committed") as armed:
        wait_until(lambda: not armed.exists(), 3, "the web crashed")


@fault("kill -9 of the relay between claim and send, after the send, or while it routes", bar=20)
def crash_relay(stage: Stage, chance: Random) -> None:
    relay = stage.relay
    relay.expect_exit(8)
    point = chance.choice(("relay-claimed", "relay-sent", "relay-fanned-out"))
    with or_missed(), stage.armed(point) as armed:
        wait_until(lambda: not armed.exists(), 3, "the relay crashed")


@fault("no relay for a while", bar=20, seconds=8)
def no_relay(stage: Stage, chance: Random) -> None:
    relay = stage.relay
    relay.kill(hold=True)
    time.sleep(chance.uniform(2, 8))
    relay.start()


@fault("two relays at once", bar=15, seconds=15)
def two_relays(stage: Stage, chance: Random) -> None:
    first = stage.relay
    second = Child("relay-2", first.command, first.env, stage.folder / "relay-2.log")
    second.cwd = first.cwd
    second.start()
    try:
        time.sleep(chance.uniform(6, 15))
    finally:
        second.stop()


@fault("the memory of a worker's pool runs out", bar=WORKER_BAR, seconds=8)
def no_memory(stage: Stage, chance: Random) -> None:
    """A few pages more than they have now; what a process does not survive, the pool replaces."""
    pool = chance.choice(stage.workers).pool()
    if not pool:
        raise Missed("The worker has no pool yet.")
    for pid in pool:
        with suppress(ProcessLookupError, FileNotFoundError):
            pages = int(Path(f"/proc/{pid}/statm").read_text().split()[0])
            _limit_memory(pid, (pages + chance.randint(0, 256)) * resource.getpagesize())
    time.sleep(chance.uniform(3, 8))
    for pid in pool:
        with suppress(ProcessLookupError):
            _limit_memory(pid, resource.RLIM_INFINITY)


def _limit_memory(pid: int, most: int) -> None:
    resource.prlimit(pid, resource.RLIMIT_AS, (most, resource.RLIM_INFINITY))


@fault("a mail runs into its soft time limit", bar=WORKER_BAR, seconds=60, at_random=False)
def soft_limit(stage: Stage, chance: Random) -> None:
    with stage.armed("before-effect", f"hold {SOFT_LIMIT + 5}", CONFIRMATION) as armed:
        wait_until(lambda: not armed.exists(), 10, "a confirmation is begun")
        time.sleep(SOFT_LIMIT + 5)


@fault("a mail hangs until its hard time limit", bar=WORKER_BAR, seconds=75, at_random=False)
def hard_limit(stage: Stage, chance: Random) -> None:
    """What is frozen cannot heed the soft one.

    Raises:
        TimeoutError: its process is there still.
    """
    with stage.caught("before-effect", CONFIRMATION) as pid:
        gone = Path(f"/proc/{pid}")
        wait_until(lambda: not gone.exists(), HARD_LIMIT + 15, "what hangs is killed", every=1)
