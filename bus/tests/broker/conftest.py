"""A real RabbitMQ, an SQS, for which ministack stands in, a Pub/Sub of the tests' own, and what is
counted."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any

import pytest

from bus import measurements
from bus.broker import sqs_address
from bus.broker.quarantine import QUARANTINE
from bus.measurements import Figure, Measurement
from bus.tests.broker.usage import used
from tests.support.pubsub import PubsubServer
from tests.support.rabbitmq import RabbitmqServer
from tests.support.sqs import SqsServer


@pytest.fixture
def quarantined() -> Iterator[Counter[str]]:
    """How many malformed messages are counted, by their queues."""
    found: Counter[str] = Counter()

    def collect(made: Sequence[Measurement]) -> None:
        for figure, value, labels in made:
            if figure == Figure.QUARANTINED:
                found[labels[0]] += int(value)

    measurements.collect_with(collect)
    yield found
    measurements.collect_with(None)


Server = RabbitmqServer | SqsServer | PubsubServer


@contextmanager
def running(server: Server) -> Iterator[Server]:
    try:
        server.open()
        yield server
    finally:
        server.close()


@pytest.fixture(scope="package")
def started(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[type[Server]], Server]]:
    """Starts one server of a kind, when it is first asked for."""
    found: dict[type[Server], Server] = {}
    with ExitStack() as stack:

        def start(kind: type[Server]) -> Server:
            if kind not in found:
                folder = tmp_path_factory.mktemp(kind.__name__) / "server"
                found[kind] = stack.enter_context(running(kind(folder)))
            return found[kind]

        yield start


@pytest.fixture
def sqs(
    started: Callable[[type[SqsServer]], SqsServer], settings: Any, monkeypatch: pytest.MonkeyPatch
) -> Iterator[SqsServer]:
    """An SQS without any queue, which keeps no request open for longer than a second."""
    server = started(SqsServer)
    monkeypatch.setattr(sqs_address, "WAIT", 1)
    server.heal()
    for url in server.queues().values():
        server.client().delete_queue(QueueUrl=url)
    settings.BUS_KEY_PREFIX = "tests:"
    with used(settings, server.url(server.port)):
        yield server
    server.heal()


@pytest.fixture
def pubsub(
    started: Callable[[type[PubsubServer]], PubsubServer],
    settings: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[PubsubServer]:
    """A Pub/Sub that has nothing."""
    server = started(PubsubServer)
    server.heal()
    server.forget()
    settings.BUS_KEY_PREFIX = ""
    for name, value in server.settings(server.port).items():
        monkeypatch.setenv(name, value)
    with used(settings, server.url(server.port)):
        yield server
    server.heal()


@pytest.fixture
def rabbitmq(
    started: Callable[[type[RabbitmqServer]], RabbitmqServer], settings: Any
) -> Iterator[RabbitmqServer]:
    """A RabbitMQ without any queue."""
    server = started(RabbitmqServer)
    server.heal()
    with server.connected() as connection:
        for queue in ("desk", QUARANTINE):
            connection.channel().queue_delete(queue)
    with used(settings, server.url(server.port)):
        yield server
    server.heal()


@pytest.fixture(
    params=[pytest.param("rabbitmq", marks=pytest.mark.rabbitmq), "sqs", "pubsub"],
)
def server(request: pytest.FixtureRequest) -> Server:
    """Each of them in turn."""
    found: Server = request.getfixturevalue(request.param)
    return found
