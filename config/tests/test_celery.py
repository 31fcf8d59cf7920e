"""How workers lose their broker and find it again."""

import socket
from contextlib import suppress
from types import SimpleNamespace

import pytest
from kombu.exceptions import OperationalError

from config import nightly, worker
from config.celery import app
from tests import servers


def test_a_broker_that_is_away_is_looked_for_every_second() -> None:
    waits = []

    with pytest.raises(OperationalError):
        app.connection("redis://127.0.0.1:1/0").ensure_connection(
            lambda _error, wait: waits.append(wait), max_retries=3
        )

    assert waits == [1, 1, 1]


def test_a_lost_connection_is_let_go_of_with_messages_in_hand() -> None:
    taken = []
    with servers.redis() as url:
        connection = app.connection(url)
        channel = connection.default_channel
        app.control.mailbox.Node("here", channel=connection.channel()).listen()
        nightly.audit.apply_async(queue="analytics", connection=connection)
        channel.basic_consume("analytics", no_ack=False, callback=taken.append, consumer_tag="1")
        connection.drain_events(timeout=5)
        with suppress(socket.timeout):
            connection.drain_events(timeout=0.1)

    # What a worker does when it notices. An error of the second step would be its end.
    with suppress(Exception):
        connection.collect()
    connection.close()

    assert len(taken) == 1


def test_a_worker_asks_no_other_worker() -> None:
    starting = SimpleNamespace(options={"without_mingle": False, "without_gossip": False})

    worker.leave_other_workers_alone(sender=starting)

    assert starting.options == {"without_mingle": True, "without_gossip": True}
