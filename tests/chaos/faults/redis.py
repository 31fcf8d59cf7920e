"""A Redis that dies, forgets, stalls, fills up, refuses, or is not there for a long time."""

import tempfile
import time
from pathlib import Path
from random import Random
from signal import SIGCONT, SIGSTOP

from tests.chaos.faults.fault import fault, or_missed
from tests.chaos.probe import plain_purchase
from tests.chaos.stage import ROOT, Stage
from tests.support.child import Child
from tests.support.datastores import RedisServer
from tests.support.wait import wait_until

WIPE_BAR = 8
"""Seconds: after a wipe effects resume within this. The last mail of an order is five events away:
placed, reserved, confirmed, numbered, issued."""
AT_STAKE = 3
"""Orders on their way through the queues when a wipe comes."""
STALL_BAR = 10
"""Seconds: who waited for an answer finds out within its time-out of 5 s, and connects anew."""
MINUTE = 60
TEN_MINUTES = 10 * MINUTE

START_WITHIN = 60
UNSUITABLE = "Set maxmemory-policy noeviction"


def _catch_up_bar(away: float) -> float:
    """A backlog drains at three times the rate at which it came, while orders go on."""
    return away / 2 + STALL_BAR


def _for_a_while(
    stage: Stage, seconds: float, hurt: tuple[str | int, ...], heal: tuple[str | int, ...]
) -> None:
    """Another fault may keep Redis from being hurt, and never from being healed."""
    try:
        with or_missed():
            stage.redis.tell(*hurt, within=2)
        time.sleep(seconds)
    finally:
        stage.redis.tell(*heal)


def _away(stage: Stage, seconds: float, *, empty: bool) -> None:
    stage.redis.kill(hold=True)
    time.sleep(seconds)
    stage.redis.revive(empty=empty)


@fault("Redis: kill -9, and back with what its log held", bar=WIPE_BAR, redis_only=True)
def redis_killed(stage: Stage, chance: Random) -> None:
    _away(stage, chance.uniform(0, 0.5), empty=False)


def _put_at_stake(stage: Stage) -> None:
    """Orders whose messages are to wait in the queues when Redis forgets them."""
    assert stage.buyers is not None
    for _ in range(AT_STAKE):
        order = plain_purchase(stage.buyers)
        stage.buyers.send(order)
        stage.at_stake.append(order)


@fault("Redis: kill -9, and back empty", bar=WIPE_BAR, seconds=3, redis_only=True)
def redis_emptied(stage: Stage, chance: Random) -> None:
    _put_at_stake(stage)
    with stage.held_back():
        _away(stage, chance.uniform(0, 0.5), empty=True)


@fault("Redis: FLUSHALL under load, up to five times", bar=WIPE_BAR, seconds=5, redis_only=True)
def redis_flushed(stage: Stage, chance: Random) -> None:
    _put_at_stake(stage)
    with stage.held_back():
        for _ in range(chance.randint(1, 5)):
            with or_missed():
                stage.redis.tell("FLUSHALL", within=2)
            time.sleep(chance.uniform(0, 0.5))


@fault("Redis: not there for some seconds", bar=WIPE_BAR, seconds=10, redis_only=True)
def redis_down(stage: Stage, chance: Random) -> None:
    _away(stage, chance.uniform(3, 10), empty=chance.random() < 0.5)


@fault(
    "Redis: not there for ten minutes, then catch-up",
    bar=_catch_up_bar(TEN_MINUTES), seconds=TEN_MINUTES, at_random=False, redis_only=True,
)  # fmt: skip
def redis_down_10_minutes(stage: Stage, chance: Random) -> None:
    _away(stage, TEN_MINUTES, empty=chance.random() < 0.5)


@fault("Redis: frozen for some seconds", bar=STALL_BAR, seconds=8, redis_only=True)
def redis_frozen(stage: Stage, chance: Random) -> None:
    _freeze(stage, chance.uniform(1, 8))


@fault(
    "Redis: frozen for a minute, then catch-up",
    bar=_catch_up_bar(MINUTE), seconds=MINUTE, at_random=False, redis_only=True,
)  # fmt: skip
def redis_frozen_a_minute(stage: Stage, chance: Random) -> None:
    _freeze(stage, MINUTE)


def _freeze(stage: Stage, seconds: float) -> None:
    stage.redis.signal_group(SIGSTOP)
    time.sleep(seconds)
    stage.redis.signal_group(SIGCONT)


@fault("Redis: CLIENT PAUSE", bar=STALL_BAR, seconds=8, redis_only=True)
def redis_paused(stage: Stage, chance: Random) -> None:
    seconds = chance.uniform(1, 8)
    # It ends by itself; asking for its end waits for it.
    _for_a_while(stage, 0, ("CLIENT", "PAUSE", int(seconds * 1000), "ALL"), ("CLIENT", "UNPAUSE"))


@fault("Redis: CLIENT KILL of all, several times", bar=WIPE_BAR, seconds=3, redis_only=True)
def redis_clients_killed(stage: Stage, chance: Random) -> None:
    for _ in range(chance.randint(1, 5)):
        for kind in ("normal", "pubsub"):
            with or_missed():
                stage.redis.tell("CLIENT", "KILL", "TYPE", kind, within=2)
        time.sleep(chance.uniform(0, 0.5))


@fault("Redis: its memory is full", bar=STALL_BAR, seconds=6, redis_only=True)
def redis_full(stage: Stage, chance: Random) -> None:
    full, free = ("CONFIG", "SET", "maxmemory", 1), ("CONFIG", "SET", "maxmemory", 0)
    _for_a_while(stage, chance.uniform(2, 6), full, free)


@fault("Redis: a replica of no server, READONLY", bar=STALL_BAR, seconds=6, redis_only=True)
def redis_readonly(stage: Stage, chance: Random) -> None:
    replicate = ("REPLICAOF", "127.0.0.1", 1)
    _for_a_while(stage, chance.uniform(2, 6), replicate, ("REPLICAOF", "NO", "ONE"))


@fault("Redis: another password, and all are asked for it", bar=STALL_BAR, seconds=6,
       redis_only=True)  # fmt: skip
def redis_password(stage: Stage, chance: Random) -> None:
    change = ("CONFIG", "SET", "requirepass")
    try:
        with or_missed():
            stage.redis.tell(*change, "chaos", within=2)
            stage.redis.tell("CLIENT", "KILL", "TYPE", "normal", within=2)
        time.sleep(chance.uniform(2, 6))
    finally:
        stage.redis.tell(*change, "")


@fault("a relay and a worker are started on a Redis that evicts", bar=STALL_BAR, seconds=20,
       broker="redis")  # fmt: skip
def redis_evicts(stage: Stage, chance: Random) -> None:
    """A Redis of its own, so that what other faults do to the shop's does not matter.

    Raises:
        AssertionError: one of them began to work, or did not say how to go on.
    """
    with tempfile.TemporaryDirectory(dir=stage.folder) as folder:
        evicting = RedisServer(Path(folder) / "redis")
        evicting.command += ["--maxmemory-policy", chance.choice(("allkeys-lru", "volatile-ttl"))]
        evicting.open()
        try:
            _refuse(stage, evicting, Path(folder))
        finally:
            evicting.kill(hold=True)


def _refuse(stage: Stage, evicting: RedisServer, folder: Path) -> None:
    strangers = [
        Child(name, stage.shop[name].command, stage.env, folder / f"{name}.log")
        for name in ("relay", "worker-billing")
    ]
    for one in strangers:
        one.env |= {"BROKER_URL": evicting.url(evicting.port), "VAR_DIR": str(folder)}
        one.cwd = ROOT
        one.start()
    try:
        for one in strangers:
            wait_until(lambda one=one: not one.alive, START_WITHIN, f"{one.name} refuses to start")
            said = one.log.read_text()
            assert one.exit_code, f"{one.name} ended with 0: {said[-500:]}"
            assert UNSUITABLE in said, f"{one.name} did not say what to set: {said[-500:]}"
            assert "Traceback" not in said, f"{one.name}: {said[-500:]}"
    finally:
        for one in strangers:
            one.kill(hold=True)
