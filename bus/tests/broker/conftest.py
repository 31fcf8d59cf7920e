"""An SQS, for which ministack stands in, a Pub/Sub of the tests' own, and what is counted."""

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

import pytest

from bus import measurements
from bus.broker import sqs_address
from bus.measurements import Figure, Measurement
from bus.tests.broker.usage import used
from tests.support.pubsub import PubsubServer
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


@pytest.fixture(scope="module")
def sqs_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SqsServer]:
    found = SqsServer(tmp_path_factory.mktemp("sqs") / "server")
    try:
        found.open()
        yield found
    finally:
        found.close()


@pytest.fixture
def sqs(
    sqs_server: SqsServer, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> Iterator[SqsServer]:
    """An SQS without any queue, which keeps no request open for longer than a second."""
    monkeypatch.setattr(sqs_address, "WAIT", 1)
    sqs_server.heal()
    for url in sqs_server.queues().values():
        sqs_server.client().delete_queue(QueueUrl=url)
    settings.BUS_KEY_PREFIX = "tests:"
    with used(settings, sqs_server.url(sqs_server.port)):
        yield sqs_server
    sqs_server.heal()


@pytest.fixture(scope="module")
def pubsub_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PubsubServer]:
    found = PubsubServer(tmp_path_factory.mktemp("pubsub") / "server")
    try:
        found.open()
        yield found
    finally:
        found.close()


@pytest.fixture
def pubsub(
    pubsub_server: PubsubServer, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> Iterator[PubsubServer]:
    """A Pub/Sub that has nothing."""
    pubsub_server.heal()
    pubsub_server.forget()
    settings.BUS_KEY_PREFIX = ""
    for name, value in pubsub_server.settings(pubsub_server.port).items():
        monkeypatch.setenv(name, value)
    with used(settings, pubsub_server.url(pubsub_server.port)):
        yield pubsub_server
    pubsub_server.heal()
