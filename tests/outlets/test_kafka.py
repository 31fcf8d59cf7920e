"""Kafka, by librdkafka's mock cluster: keys and partitions, and what it refuses."""

import time
from collections import defaultdict
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest

from outlets.cloudevents import CloudEvent
from outlets.destinations.errors import DestinationRefused, DestinationUnavailable
from outlets.destinations.kinds import KINDS, connection
from tests.outlets.events import cloud_events
from tests.support.kafka import messages, mock_cluster

TOPIC = "orders"
KAFKA = KINDS["kafka"]


@pytest.fixture
def cluster(settings: Any) -> Iterator[str]:
    with mock_cluster(TOPIC) as server:
        settings.OUTLETS = {**settings.OUTLETS, "kafka": f"kafka://{server}/{TOPIC}"}
        yield server


def test_events_of_an_order_are_in_one_partition_and_in_order(cluster: str) -> None:
    events = cloud_events(orders=12, each=5)

    with connection(KAFKA) as kept:
        for event in events:
            kept.send(event)

    partitions, ids = defaultdict(set), defaultdict(list)
    for one in messages(cluster, TOPIC):
        partitions[one.key()].add(one.partition())
        ids[one.key().decode()].append(msgspec.json.decode(one.value())["id"])
    assert all(len(found) == 1 for found in partitions.values())
    assert len(set.union(*partitions.values())) > 1
    for order, found in ids.items():
        assert found == [event.id for event in events if event.subject == order]


def test_topic_that_does_not_exist_is_named(cluster: str, settings: Any) -> None:
    settings.OUTLETS = {**settings.OUTLETS, "kafka": f"kafka://{cluster}/nowhere"}

    with pytest.raises(DestinationUnavailable, match="no topic nowhere"), connection(KAFKA):
        pass


def test_event_that_is_too_large_is_refused(cluster: str) -> None:
    [event] = cloud_events()
    large = msgspec.structs.replace(event, data={"text": "x" * 2_000_000})

    with connection(KAFKA) as kept, pytest.raises(DestinationRefused):
        kept.send(large)


def test_cluster_that_is_gone_is_unavailable_in_time(settings: Any) -> None:
    [event] = cloud_events()
    with mock_cluster(TOPIC) as server:
        settings.OUTLETS = {**settings.OUTLETS, "kafka": f"kafka://{server}/{TOPIC}"}
        with connection(KAFKA) as kept:
            kept.send(event)

    began = time.monotonic()
    with pytest.raises(DestinationUnavailable):
        kept.send(event)
    with pytest.raises(DestinationUnavailable), connection(KAFKA):
        pass
    # Of 22 seconds that a message has to begin its calls, and 20 for each of them.
    assert time.monotonic() - began < 20


def test_event_has_the_same_bytes_each_time(cluster: str) -> None:
    [event] = cloud_events()

    with connection(KAFKA) as kept:
        kept.send(event)
        kept.send(event)

    first, second = messages(cluster, TOPIC)
    assert first.value() == second.value() == CloudEvent.encode(event)
