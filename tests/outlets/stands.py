"""The servers that events are sent to, each with its address and what it has received."""

import json
import ssl
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import quote

from tests.support.kafka import Tansu, messages
from tests.support.nats import NatsServer
from tests.support.pubsub import PROJECT, PubsubServer
from tests.support.rabbitmq import RabbitmqServer
from tests.support.sqs import KEY, REGION, SECRET, SqsServer

ACCOUNT = "000000000000"
TARGET = "shop"
"""The name of the topic, stream, exchange ..."""


@dataclass(frozen=True)
class Received:
    """One message: the CloudEvent in it, and what stands beside that."""

    event: dict[str, Any]
    content_type: str
    beside: str
    """The key, subject or routing key, and the id by which it is known again."""


class Stand(Protocol):
    """A server that can be killed and started again."""

    url: str
    """As the setting has it."""

    def open(self) -> None: ...
    def kill(self, *, hold: bool = False) -> None: ...
    def close(self) -> None: ...
    def received(self) -> list[Received]:
        """All messages that it has, those of an order in their order."""
        ...


class KafkaStand(Tansu):
    def __init__(self, folder: Path, tls: ssl.SSLContext | None = None, **options: str) -> None:
        super().__init__(folder, TARGET, tls, **options)
        self.url = f"kafka://{self.server}/{TARGET}"

    def close(self) -> None:
        self.kill(hold=True)

    def received(self) -> list[Received]:
        return [
            Received(
                json.loads(one.value()),
                dict(one.headers())["content-type"].decode(),
                one.key().decode(),
            )
            for one in messages(self.server, TARGET, self.options)
        ]


class NatsStand(NatsServer):
    def __init__(self, folder: Path, *arguments: str, **options: Any) -> None:
        super().__init__(folder, *arguments, **options)
        self.url = f"nats://127.0.0.1:{self.port}/{TARGET}"
        self._made = False

    def open(self) -> None:
        super().open()
        if not self._made:
            self.add_stream(TARGET)
            self._made = True

    def close(self) -> None:
        self.kill(hold=True)

    def received(self) -> list[Received]:
        return [
            Received(
                json.loads(one.data),
                one.headers["Content-Type"],
                f"{one.subject} {one.headers['Nats-Msg-Id']}",
            )
            for one in self.messages(TARGET)
        ]


class RabbitmqStand(RabbitmqServer):
    def __init__(self, folder: Path, *settings: str) -> None:
        super().__init__(folder, *settings)
        self.url = f"{super().url(self.port)}?exchange={TARGET}"

    def open(self) -> None:
        super().open()
        with self.connected() as connection:
            channel = connection.channel()
            channel.exchange_declare(TARGET, "topic", durable=True, auto_delete=False)
            channel.queue_declare("consumer", durable=True, auto_delete=False)
            channel.queue_bind("consumer", TARGET, "#")

    def received(self) -> list[Received]:
        found: list[Received] = []
        with self.connected() as connection:
            channel = connection.channel()
            while (one := channel.basic_get("consumer")) is not None:
                given = one.properties
                beside = f"{one.delivery_info['routing_key']} {given['message_id']}"
                found.append(Received(json.loads(one.body), given["content_type"], beside))
        return found


class SqsStand(SqsServer):
    """A FIFO queue. Ministack keeps it if it is asked to end."""

    service = "sqs"
    queue = f"{TARGET}.fifo"

    def __init__(self, folder: Path) -> None:
        super().__init__(folder, "sns,sqs")
        login = f"{KEY}:{quote(SECRET, safe='')}"
        target = f"{REGION}/{ACCOUNT}/{TARGET}.fifo"
        endpoint = f"http://127.0.0.1:{self.port}"
        self.url = f"{self.service}://{login}@{target}?endpoint={endpoint}"

    def open(self) -> None:
        super().open()
        if self.queue not in self.queues():
            self.client().create_queue(QueueName=self.queue, Attributes={"FifoQueue": "true"})

    def kill(self, *, hold: bool = False) -> None:
        self.stop()

    def received(self) -> list[Received]:
        client, url = self.client(), self.queues()[self.queue]
        found: list[Received] = []
        asked = {"MaxNumberOfMessages": 10, "MessageAttributeNames": ["All"]}
        while got := client.receive_message(QueueUrl=url, **asked).get("Messages"):
            for one in got:
                client.delete_message(QueueUrl=url, ReceiptHandle=one["ReceiptHandle"])
                said = {name: it["StringValue"] for name, it in one["MessageAttributes"].items()}
                beside = f"{said['type']} {said['id']}"
                found.append(Received(json.loads(one["Body"]), said["content-type"], beside))
        return found


class SnsStand(SqsStand):
    """A FIFO topic, to which a queue is subscribed."""

    service = "sns"
    queue = "subscribed.fifo"

    def open(self) -> None:
        super().open()
        client = self.client("sns")
        topic = client.create_topic(Name=f"{TARGET}.fifo", Attributes={"FifoTopic": "true"})
        client.subscribe(
            TopicArn=topic["TopicArn"],
            Protocol="sqs",
            Endpoint=f"arn:aws:sqs:{REGION}:{ACCOUNT}:{self.queue}",
            Attributes={"RawMessageDelivery": "true"},
        )


class PubsubStand(PubsubServer):
    """A topic with one subscription, whose messages stay."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        endpoint = f"http://127.0.0.1:{self.http_port}"
        self.url = f"pubsub://{PROJECT}/{TARGET}?endpoint={endpoint}"

    def open(self) -> None:
        super().open()
        with self.connected() as service:
            service.declare(TARGET)

    def received(self) -> list[Received]:
        return [
            Received(
                json.loads(one.data),
                one.attributes["content-type"],
                f"{one.ordering_key} {one.attributes['type']} {one.attributes['id']}",
            )
            for one in self.messages(TARGET)
        ]


STANDS = {
    "kafka": KafkaStand,
    "nats": NatsStand,
    "rabbitmq": RabbitmqStand,
    "sns": SnsStand,
    "sqs": SqsStand,
    "pubsub": PubsubStand,
}


@contextmanager
def standing(name: str, folder: Path) -> Iterator[Stand]:
    """A server that answers, until the end of the block."""
    with ExitStack() as stack:
        stand: Stand = STANDS[name](folder / name)
        stack.callback(stand.close)
        stand.open()
        yield stand
