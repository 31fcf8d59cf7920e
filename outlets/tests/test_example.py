"""The consumer of docs/examples, written in another language, takes the shop's webhooks."""

import os
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from queue import Queue
from threading import Thread

import httpx
import pytest

from bus.testing import given, settle
from outlets import services
from outlets.models import Webhook
from outlets.tests.conftest import SECRET, Connect
from outlets.tests.receiving import states
from shop.events import OrderPlaced, StockReserved
from shop.signing import signed_headers
from shop.testing import placed, reserved

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.node]

EXAMPLE = Path(__file__).parents[2] / "docs/examples/webhook-consumer.mjs"


class Example:
    """A running consumer."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self._process = process
        self._lines: Queue[str] = Queue()
        Thread(target=self._read, daemon=True).start()
        self.url = f"http://127.0.0.1:{self.line().removeprefix('port ')}/"

    def line(self) -> str:
        """The next one that it writes, within ten seconds."""
        return self._lines.get(timeout=10).strip()

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self._lines.put(line)


@pytest.fixture
def example() -> Iterator[Example]:
    environment = {**os.environ, "WEBHOOK_SECRET": SECRET, "PORT": "0"}
    command = ["node", EXAMPLE]
    process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True)
    try:
        yield Example(process)
    finally:
        process.kill()
        process.communicate()


def test_consumer_in_another_language_takes_webhooks(connect: Connect, example: Example) -> None:
    endpoint = connect(OrderPlaced, StockReserved, url=example.url)
    services.rotate_secret(endpoint)  # it still has the old one
    given(placed("SO-1", CUP=2), reserved("SO-1"))

    settle("outlets")

    assert states() == ["done", "done"]
    assert [example.line(), example.line()] == ["OrderPlaced SO-1 23.80", "StockReserved SO-1"]


def test_consumer_counts_a_repeated_webhook_once(connect: Connect, example: Example) -> None:
    connect(url=example.url)
    given(placed("SO-1", CUP=1))
    settle("outlets")
    services.send_again(Webhook.objects.get(), "grace")
    given(placed("SO-2", CUP=1))

    settle("outlets")

    assert [example.line(), example.line()] == ["OrderPlaced SO-1 11.90", "OrderPlaced SO-2 11.90"]


@pytest.mark.parametrize(
    ("secret", "age", "status"), [(SECRET, 0, 204), (SECRET, 600, 401), ("whsec_AAAA", 0, 401)]
)
def test_consumer_refuses_forged_and_recorded_webhooks(
    example: Example, secret: str, age: int, status: int
) -> None:
    body = b'{"id": "1", "type": "Ping", "subject": "test", "data": {}}'
    headers = signed_headers("1", int(time.time()) - age, body, secret)

    assert httpx.post(example.url, content=body, headers=headers).status_code == status
