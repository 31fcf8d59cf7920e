"""The consumer of docs/examples, written in another language, reads the shop's events by Kafka."""

import json
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from confluent_kafka import Producer

from bus.testing import given, settle
from outlets.destinations.kinds import KINDS
from outlets.tasks import subscribe_destination
from shop.testing import confirmed, placed, reserved
from tests.support.declaring import declaring
from tests.support.kafka import messages, mock_cluster

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.node, pytest.mark.npm]

ROOT = Path(__file__).parents[2]
TOPIC = "orders"
LOCKED = Path(__file__).parent / "consumer"


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The example where its packages are, and the contract beside it as in docs/."""
    folder = tmp_path_factory.mktemp("consumer")
    for file in LOCKED.glob("*.json"):
        shutil.copy(file, folder)
    subprocess.run(
        ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--prefer-offline"],
        cwd=folder, check=True, capture_output=True, timeout=100,
    )  # fmt: skip
    (folder / "examples").mkdir()
    shutil.copy(ROOT / "docs/examples/kafka-consumer.mjs", folder / "examples")
    shutil.copytree(ROOT / "docs/contract", folder / "contract")
    return folder / "examples/kafka-consumer.mjs"


@pytest.fixture
def cluster(settings: Any) -> Iterator[str]:
    with mock_cluster(TOPIC) as server:
        settings.OUTLETS = {**settings.OUTLETS, "kafka": f"kafka://{server}/{TOPIC}"}
        with declaring(partial(subscribe_destination, KINDS["kafka"])):
            yield server


Read = Callable[[int], list[str]]


@pytest.fixture
def read(cluster: str, installed: Path) -> Iterator[Read]:
    """Start the consumer and read so many of its lines."""
    with ExitStack() as stack:

        def read(count: int) -> list[str]:
            process = subprocess.Popen(
                ["node", installed], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                env={**os.environ, "KAFKA": cluster, "TOPIC": TOPIC},
            )  # fmt: skip
            stack.callback(process.communicate)
            stack.callback(process.kill)
            assert process.stdout is not None
            return [process.stdout.readline().strip() for _ in range(count)]

        yield read


def test_consumer_in_another_language_has_every_event_in_order(read: Read) -> None:
    orders = [f"SO-{number}" for number in range(6)]
    for order in orders:
        given(placed(order, LAMP=2), reserved(order), confirmed(order, LAMP=2))
    settle("outlets-kafka")

    lines = read(18)

    for order in orders:
        assert [line for line in lines if f" {order}" in line] == [
            f"OrderPlaced {order} 23.80",
            f"StockReserved {order}",
            f"OrderConfirmed {order} 23.80",
        ]


def test_consumer_handles_a_repeated_event_once_and_refuses_what_breaks_the_contract(
    read: Read, cluster: str
) -> None:
    given(placed("SO-1", LAMP=2))
    settle("outlets-kafka")
    [sent] = messages(cluster, TOPIC)
    event = json.loads(sent.value())
    newer, broken = event | {"dataversion": "99"}, event | {"data": {"number": 1}}
    producer = Producer({"bootstrap.servers": cluster})
    for one in (event, newer, broken):
        producer.produce(TOPIC, json.dumps(one), key=sent.key())
    producer.flush(5)

    first, second, third = read(3)

    assert first == "OrderPlaced SO-1 23.80"
    assert second == "newer than this consumer OrderPlaced.v99"
    assert f"OrderPlaced.v1 {event['id']}: data" in third
