"""NATS keeps an event once; forked processes have connections of their own."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from outlets.destinations.errors import DestinationRefused, DestinationUnavailable
from outlets.destinations.kinds import KINDS, connection
from tests.outlets.events import cloud_events
from tests.support.nats import NatsServer

NATS = KINDS["nats"]


@pytest.fixture
def server(tmp_path: Path, settings: Any) -> Iterator[NatsServer]:
    found = NatsServer(tmp_path / "nats")
    settings.OUTLETS = {**settings.OUTLETS, "nats": f"nats://127.0.0.1:{found.port}/shop"}
    found.open()
    try:
        found.add_stream("shop")
        yield found
    finally:
        found.kill()


def test_event_that_is_sent_again_is_kept_once_even_after_kill(server: NatsServer) -> None:
    [event] = cloud_events()
    with connection(NATS) as kept:
        kept.send(event)
        kept.send(event)
        server.kill()
        with pytest.raises(DestinationUnavailable):
            kept.send(event)
        server.open()
        kept.send(event)

    [message] = server.messages("shop")
    assert msgspec.json.decode(message.data)["id"] == event.id


def test_stream_that_does_not_exist_is_named(server: NatsServer, settings: Any) -> None:
    settings.OUTLETS = {**settings.OUTLETS, "nats": f"nats://127.0.0.1:{server.port}/nowhere"}

    with pytest.raises(DestinationUnavailable, match="no stream nowhere"), connection(NATS):
        pass


def test_event_that_is_too_large_is_refused(server: NatsServer) -> None:
    [event] = cloud_events()
    large = msgspec.structs.replace(event, data={"text": "x" * 2_000_000})

    with connection(NATS) as kept, pytest.raises(DestinationRefused):
        kept.send(large)


def test_forked_process_and_its_parent_both_send(server: NatsServer) -> None:
    first, second, third = cloud_events(each=3)
    with connection(NATS) as kept:
        kept.send(first)
        child = os.fork()
        if child == 0:
            try:
                kept.send(second)
            except BaseException:
                os._exit(1)
            os._exit(0)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
        kept.send(third)

    ids = [msgspec.json.decode(one.data)["id"] for one in server.messages("shop")]
    assert ids == [first.id, second.id, third.id]
