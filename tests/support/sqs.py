"""What stands in for Amazon SQS: ministack, which can be frozen and started again on its port."""

import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from tests.support.child import Child
from tests.support.servers import free_port
from tests.support.wait import wait_until

START_WITHIN = 60
REGION = "eu-central-1"
KEY, SECRET = "KEY", "secret/with+signs"
AT_ONCE = 10
"""Messages in one request, by the rule of SQS."""


class SqsServer(Child):
    """On loopback alone, with its state in `folder`, which it writes when it is asked to end."""

    def __init__(self, folder: Path, services: str = "sqs") -> None:
        folder.mkdir()
        self.port = self.front = free_port()
        env = {
            "PATH": os.environ["PATH"],
            "HOME": str(folder),
            "TMPDIR": str(folder),
            "BIND_HOST": "127.0.0.1",
            "GATEWAY_PORT": str(self.port),
            "EDGE_PORT": str(self.port),
            "SERVICES": services,
            "IOT_MTLS_ENABLED": "0",
            "PERSIST_STATE": "1",
            "STATE_DIR": str(folder / "state"),
            "LOG_LEVEL": "WARNING",
        }
        program = str(Path(sys.executable).with_name("ministack"))
        super().__init__("sqs", [program], env, folder / "log")
        self._lock = threading.Lock()

    def url(self, port: int) -> str:
        """The address through this port, in the spelling of the shop."""
        secret = SECRET.replace("/", "%2F").replace("+", "%2B")
        return f"sqs://{KEY}:{secret}@127.0.0.1:{port}?region={REGION}&tls=false"

    def open(self) -> None:
        """Start, and wait until it answers."""
        self.start()
        wait_until(self.answers, START_WITHIN, "SQS answers", every=0.1)

    def answers(self) -> bool:
        with suppress(BotoCoreError, ClientError):
            self.client().list_queues()
            return True
        return False

    def client(self, service: str = "sqs") -> Any:
        """Straight to the server, past the wire that faults cut."""
        config = Config(connect_timeout=2, read_timeout=5, retries={"total_max_attempts": 1})
        return boto3.client(
            service,
            endpoint_url=f"http://127.0.0.1:{self.port}",
            region_name=REGION,
            aws_access_key_id=KEY,
            aws_secret_access_key=SECRET,
            config=config,
        )

    def restart(self) -> None:
        """Let it end by itself, with its state stored, and start it again."""
        with self._lock:
            self.stop(grace=30)
            self.open()

    def heal(self) -> None:
        """Alive and answering."""
        self.signal_group(signal.SIGCONT)
        with self._lock:
            if not self.alive:
                self.open()

    def close(self) -> None:
        self.kill(hold=True)

    def queues(self) -> dict[str, str]:
        """The queues' URLs by their names."""
        urls = self.client().list_queues().get("QueueUrls", [])
        return {url.rpartition("/")[2]: url for url in urls}

    def depth(self, queue: str) -> int:
        """How many messages wait in a queue; none in one that is not there."""
        if (url := self.queues().get(queue)) is None:
            return 0
        names = ["ApproximateNumberOfMessages"]
        answer = self.client().get_queue_attributes(QueueUrl=url, AttributeNames=names)
        return int(answer["Attributes"][names[0]])

    def publish(self, queue: str, *bodies: str) -> None:
        """Put these messages into a queue that is there already."""
        client, url = self.client(), self.queues()[queue]
        for body in bodies:
            client.send_message(QueueUrl=url, MessageBody=body)

    def taken(self, queue: str) -> Iterator[dict[str, Any]]:
        """Take all messages out of a queue."""
        client, url = self.client(), self.queues()[queue]
        while messages := client.receive_message(QueueUrl=url, MaxNumberOfMessages=AT_ONCE).get(
            "Messages"
        ):
            for message in messages:
                client.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
                yield message
