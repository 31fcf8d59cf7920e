"""A client of Redis: what it repeats, and what it does not."""

import socket
from collections.abc import Iterator
from contextlib import closing
from threading import Thread
from typing import Any

import pytest
import redis

from bus.broker import server
from tests.support import servers


@pytest.fixture
def silent(settings: Any) -> Iterator[list[socket.socket]]:
    """The connections to a server that takes them, and never answers."""
    taken: list[socket.socket] = []
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def take() -> None:
            while True:
                try:
                    taken.append(listener.accept()[0])
                except OSError:
                    return

        thread = Thread(target=take)
        thread.start()
        settings.BUS_REDIS_URL = f"redis://127.0.0.1:{listener.getsockname()[1]}/0"
        yield taken
        listener.shutdown(socket.SHUT_RDWR)
    thread.join()
    for each in taken:
        each.close()


def test_silent_server_gets_one_request(
    silent: list[socket.socket], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server, "SOCKET_TIMEOUT", 0.2)
    with server.client() as client, pytest.raises(redis.TimeoutError):
        client.get("key")
    assert len(silent) == 1


def test_connection_that_the_server_closed_is_opened_anew(settings: Any) -> None:
    with servers.redis() as url, closing(redis.Redis.from_url(url)) as other:
        settings.BUS_REDIS_URL = url
        with server.client() as client:
            client.set("key", "kept")
            other.client_kill_filter(_type="normal", skipme=True)
            assert client.get("key") == "kept"
