"""A start that cannot work ends with one sentence that names the setting to change."""

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis

from tests.live.shop import MANAGE, environment, processes_of
from tests.support import compose, servers

pytestmark = [pytest.mark.live, pytest.mark.sqlite]

NEED_A_BROKER = ["relay", "beat", "flower", "worker --queues billing"]
NO_REDIS = "redis://127.0.0.1:1/0"
"""A broker that is named, and is not asked before the settings have been."""


@pytest.fixture
def busy_port() -> Iterator[str]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield str(server.getsockname()[1])


def refusal(folder: Path, **settings: str) -> str:
    """Start the shop with these settings; what it says before it gives up."""
    env = environment(folder, **settings)
    ended = subprocess.run([*MANAGE, "up"], env=env, capture_output=True, text=True, timeout=60)
    assert ended.returncode != 0, ended.stdout
    assert "Traceback" not in ended.stdout + ended.stderr
    assert len(ended.stderr.strip().splitlines()) == 1, ended.stderr
    assert not processes_of(folder)
    return ended.stderr


@pytest.mark.parametrize("setting", ["PORT", "FLOWER_PORT"])
def test_start_refuses_a_busy_port(tmp_path: Path, busy_port: str, setting: str) -> None:
    said = refusal(tmp_path, **{setting: busy_port})

    assert f"port {busy_port} is in use by another program" in said
    assert f"Set {setting} to a free port" in said


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("PORT", "abc"),
        ("PORT", "70000"),
        ("DEBUG", "perhaps"),
        ("DATABASE_URL", "garbage"),
        ("DATABASE_URL", "postgres://shop@127.0.0.1:x/shop"),
        ("DATABASE_URL", "mysql://shop@127.0.0.1/shop"),
        ("DATABASE_URL", "sqlite:////nowhere/at/all.sqlite3"),
        ("REDIS_URL", "redis://127.0.0.1:1/0"),
        ("EMAIL_URL", "pigeon://coop"),
        ("FLOWER_AUTH", "only-a-name"),
        ("SITE_URL", "https://shop.example.com"),
        ("CURRENCY", "eur"),
        ("VAR_DIR", "/dev/null/shop"),
    ],
)
def test_start_refuses_a_broken_setting(tmp_path: Path, setting: str, value: str) -> None:
    said = refusal(tmp_path, **{setting: value})

    assert setting in said


def test_start_refuses_missing_secret_without_debug(tmp_path: Path) -> None:
    said = refusal(tmp_path, DEBUG="0", SECRET_KEY="")

    assert "SECRET_KEY is empty" in said


def test_start_refuses_sample_seller_without_debug(tmp_path: Path) -> None:
    said = refusal(tmp_path, DEBUG="0", SELLER_NAME="The Shop GmbH")

    assert "SELLER_NAME: not set, or still the sample" in said


def test_start_refuses_an_unreachable_database(tmp_path: Path) -> None:
    url = f"postgres://shop@127.0.0.1:{servers.free_port()}/shop"

    said = refusal(tmp_path, DATABASE_URL=url)

    assert "Database: cannot be reached" in said
    assert "set DATABASE_URL to one that answers" in said


def test_start_refuses_redis_that_evicts(tmp_path: Path) -> None:
    with servers.redis() as url:
        with redis.Redis.from_url(url) as client:
            client.config_set("maxmemory-policy", "allkeys-lru")

        said = refusal(tmp_path, REDIS_URL=url)

    assert "REDIS_URL: Redis evicts keys when its memory is full" in said
    assert "noeviction" in said


@pytest.mark.parametrize("line", compose.procfile().values())
def test_single_process_refuses_an_unreadable_setting(tmp_path: Path, line: str) -> None:
    assert "PORT" in refusal_of(line, tmp_path, REDIS_URL=NO_REDIS, PORT="x")


@pytest.mark.parametrize("program", ["serve", *NEED_A_BROKER])
def test_single_process_refuses_what_the_shop_refuses(tmp_path: Path, program: str) -> None:
    assert "CURRENCY" in refusal_of(line_of(program), tmp_path, REDIS_URL=NO_REDIS, CURRENCY="eur")


@pytest.mark.parametrize("program", NEED_A_BROKER)
def test_single_process_refuses_a_missing_broker(tmp_path: Path, program: str) -> None:
    """Celery would take whatever listens on this machine's port 6379."""
    assert "No broker is set. Set REDIS_URL" in refusal_of(line_of(program), tmp_path)


def line_of(program: str) -> str:
    """How the Procfile starts it."""
    (line,) = (line for line in compose.procfile().values() if f" {program}" in line)
    return line


def refusal_of(line: str, folder: Path, **settings: str) -> str:
    """What a process that is started alone says before it gives up."""
    env = environment(folder, FLOWER_AUTH="me:s3cret-s3cret", **settings)
    env["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{env['PATH']}"
    ended = subprocess.run(
        ["sh", "-c", f"exec {line}"], env=env, cwd=compose.ROOT, capture_output=True, text=True,
        timeout=60, check=False,
    )  # fmt: skip
    assert ended.returncode != 0
    assert "Traceback" not in ended.stdout + ended.stderr
    return ended.stderr


def test_order_command_fails_without_a_running_shop(tmp_path: Path) -> None:
    command = [*MANAGE, "order"]

    ended = subprocess.run(
        command, env=environment(tmp_path), capture_output=True, text=True, timeout=60
    )

    assert ended.returncode == 1
    assert "Start it with `make up`" in ended.stderr
    assert "Traceback" not in ended.stderr
