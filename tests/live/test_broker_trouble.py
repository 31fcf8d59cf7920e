"""A Redis that refuses: connections, and commands in the middle of the work."""

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import redis

from tests.live.shop import MANAGE, ROOT, Shop, environment
from tests.support import servers

pytestmark = [pytest.mark.live, pytest.mark.sqlite, pytest.mark.timeout(300)]

Do = Callable[[redis.Redis], Any]
CELERY = [sys.executable, "-m", "celery", "-A", "config"]

TROUBLE = 8
"""Seconds."""

MOST_LINES = 100
"""That one process may say in each second of trouble."""

MOST_OF_A_CORE = 0.5


@pytest.mark.parametrize(
    "command",
    [
        pytest.param([*MANAGE, "relay"], id="the relay"),
        pytest.param([*CELERY, "worker", "--queues", "billing"], id="a worker"),
    ],
)
def test_relay_and_worker_refuse_redis_that_evicts(tmp_path: Path, command: list[str]) -> None:
    with servers.redis() as url:
        with redis.Redis.from_url(url) as client:
            client.config_set("maxmemory-policy", "allkeys-lru")
        env = environment(tmp_path, REDIS_URL=url)

        ended = subprocess.run(
            command, env=env, cwd=ROOT, capture_output=True, text=True, timeout=60
        )

    assert ended.returncode != 0
    assert "Set maxmemory-policy noeviction" in ended.stderr
    assert "Traceback" not in ended.stderr


@pytest.fixture(scope="module")
def broker() -> Iterator[redis.Redis]:
    with servers.redis() as url, redis.Redis.from_url(url) as client:
        client.ping()
        yield client


@pytest.fixture(scope="module")
def shop(broker: redis.Redis, new_shop: Callable[[], Shop]) -> Shop:
    found = new_shop()
    where = broker.connection_pool.connection_kwargs
    found.env["REDIS_URL"] = f"redis://{where['host']}:{where['port']}/0"
    found.start()
    return found


def config(name: str, value: str) -> Do:
    return lambda client: client.config_set(name, value)


def hang_up(client: redis.Redis) -> None:
    for kind in ("normal", "pubsub"):
        client.execute_command("CLIENT", "KILL", "TYPE", kind, "SKIPME", "yes")


def ours(shop: Shop) -> dict[str, int]:
    """The processes that talk to Redis all day, by name."""
    files = [*Path(shop.folder, "run").glob("worker-*.pid"), shop.folder / "run" / "relay.pid"]
    return {file.stem: int(file.read_text()) for file in files}


def seconds_of_cpu(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / 100


@pytest.mark.parametrize(
    ("trouble", "end"),
    [
        pytest.param(config("maxmemory", "1"), config("maxmemory", "0"), id="its memory is full"),
        pytest.param(
            lambda client: client.replicaof("127.0.0.1", "1"),
            lambda client: client.replicaof("NO", "ONE"),
            id="it became a replica",
        ),
        pytest.param(
            config("requirepass", "secret"), config("requirepass", ""), id="it wants a password"
        ),
    ],
)
@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="counts seconds of CPU in /proc")
def test_relay_and_workers_wait_for_a_redis_that_refuses(
    shop: Shop, broker: redis.Redis, trouble: Do, end: Do
) -> None:
    before, said = ours(shop), len(shop.said.splitlines())

    trouble(broker)
    hang_up(broker)
    used = {name: seconds_of_cpu(pid) for name, pid in before.items()}
    orders = [shop.place_order() for _ in range(3)]
    time.sleep(TROUBLE)

    assert ours(shop) == before
    for name, pid in before.items():
        assert seconds_of_cpu(pid) - used[name] < TROUBLE * MOST_OF_A_CORE, name
    assert len(shop.said.splitlines()) - said < TROUBLE * MOST_LINES * len(before)

    end(broker)
    for order in orders:
        assert set.union(*shop.wait_until_settled(order, 60).values()) == {"done"}
    assert ours(shop) == before
