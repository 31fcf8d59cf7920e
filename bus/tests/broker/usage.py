"""A broker that the bus and Celery use for the length of a test, and what is in its queues."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import amqp
from celery import current_app

from bus.broker.address import read
from bus.celery import TRANSPORTS
from tests.support.rabbitmq import RabbitmqServer

OPTIONS = ("broker_url", "broker_use_ssl", "broker_transport", "broker_transport_options")


@contextmanager
def used(settings: Any, url: str) -> Iterator[None]:
    """Let the bus and Celery use this address, as `bus.celery.configure` does."""
    wanted, conf = read(url), current_app.conf
    before = {name: conf[name] for name in OPTIONS}
    settings.BUS_REDIS_URL = wanted.url()
    conf.update(
        broker_url=wanted.kombu_url(),
        broker_use_ssl=wanted.tls_options(),
        broker_transport=TRANSPORTS[wanted.kombu_url().partition("://")[0]],
        broker_transport_options=wanted.transport_options(),
    )
    try:
        yield
    finally:
        conf.update(before)


def taken(server: RabbitmqServer, queue: str = "desk") -> list[amqp.Message]:
    """Take all messages out of a queue."""
    found = []
    with server.connected() as connection:
        channel = connection.channel()
        while message := channel.basic_get(queue, no_ack=True):
            found.append(message)
    return found
