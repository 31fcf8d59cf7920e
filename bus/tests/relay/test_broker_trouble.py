"""A broker that answers and refuses: the relay waits, says why once, and goes on by itself."""

import time
from collections.abc import Callable, Iterator
from threading import Event, Thread
from typing import Any

import pytest
import redis
from celery import current_app
from django.db import connections

from bus.models import RelayState, State
from bus.relay import loop
from bus.relay.loop import Relay
from bus.testing import given
from bus.tests.conftest import Subscribed, happened, states
from bus.worker.registration import register
from tests.support import servers
from tests.support.wait import wait_until

# Nothing in it depends on the database.
pytestmark = [pytest.mark.sqlite, pytest.mark.django_db(transaction=True)]

Do = Callable[[Any], Any]
NOWHERE = ("127.0.0.1", "1")


def react(event: Any) -> None: ...


@pytest.fixture
def own_broker(settings: Any) -> Iterator[redis.Redis]:
    """A Redis of this test's own, and a client that stays connected through all trouble."""
    before = current_app.conf.broker_url
    with servers.redis() as url, redis.Redis.from_url(url) as client:
        settings.BUS_REDIS_URL = current_app.conf.broker_url = url
        client.ping()
        yield client
    current_app.conf.broker_url = before


@pytest.fixture
def relay(
    own_broker: redis.Redis, subscribed: Subscribed, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Relay]:
    """A relay that runs and has sent something already."""
    monkeypatch.setattr(loop, "CHECK_EVERY", 0.5)
    subscribed(react)
    register("desk")
    given(*happened(1))
    stop, found = Event(), Relay()

    def run() -> None:
        try:
            found.run(stop)
        finally:
            connections.close_all()

    thread = Thread(target=run)
    thread.start()
    wait_until(lambda: own_broker.llen("desk") == 1, 20, "the relay noticed")
    yield found
    stop.set()
    thread.join(timeout=20)


def config(name: str, value: str) -> Do:
    return lambda client: client.config_set(name, value)


def hang_up(client: Any) -> None:
    client.execute_command("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes")


def require_password(client: Any) -> None:
    client.config_set("requirepass", "secret")
    hang_up(client)


def forbid_sending(client: Any) -> None:
    client.execute_command("ACL", "SETUSER", "default", "-lpush")


def allow_sending(client: Any) -> None:
    client.execute_command("ACL", "SETUSER", "default", "+lpush")


@pytest.mark.parametrize(
    ("trouble", "end", "told"),
    [
        pytest.param(
            config("maxmemory", "1"),
            config("maxmemory", "0"),
            "OutOfMemoryError: the broker refuses",
            id="its memory is full",
        ),
        pytest.param(
            lambda client: client.replicaof(*NOWHERE),
            lambda client: client.replicaof("NO", "ONE"),
            "ReadOnlyError: the broker refuses",
            id="it became a replica",
        ),
        pytest.param(
            require_password,
            config("requirepass", ""),
            "AuthenticationError: the broker refuses",
            id="it wants a password",
        ),
        pytest.param(
            forbid_sending,
            allow_sending,
            "NoPermissionError: the broker refuses",
            id="it forbids to send",
        ),
        pytest.param(
            config("maxmemory-policy", "allkeys-lru"),
            config("maxmemory-policy", "noeviction"),
            "Set maxmemory-policy noeviction",
            id="it evicts",
        ),
    ],
)
def test_relay_and_worker_wait_for_a_refusing_broker(
    own_broker: redis.Redis,
    relay: Relay,
    caplog: pytest.LogCaptureFixture,
    trouble: Do,
    end: Do,
    told: str,
) -> None:
    trouble(own_broker)
    time.sleep(1.5)  # so that the relay has looked at the policy again
    given(*happened(2))
    wait_until(lambda: told in RelayState.objects.get().broker_error, 20, "the relay noticed")
    caplog.clear()
    began = time.process_time()
    time.sleep(3)

    assert states() == {"1": State.SENT, "2": State.WAITING}
    assert len(caplog.records) <= 3
    assert time.process_time() - began < 1.5

    end(own_broker)
    wait_until(lambda: states()["2"] == State.SENT, 20, "the relay noticed")
    wait_until(lambda: RelayState.objects.get().broker_error == "", 20, "the relay noticed")
