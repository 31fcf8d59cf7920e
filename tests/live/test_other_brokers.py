"""The shop on another broker, of which nothing but BROKER_URL tells."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.live.shop import Shop
from tests.support.pubsub import PubsubServer
from tests.support.rabbitmq import RabbitmqServer
from tests.support.sqs import SqsServer

pytestmark = [pytest.mark.live, pytest.mark.sqlite, pytest.mark.timeout(400)]


@pytest.mark.rabbitmq
def test_order_settles_on_quorum_queues_of_a_rabbitmq(
    new_shop: Callable[[], Shop], tmp_path: Path
) -> None:
    server = RabbitmqServer(tmp_path / "rabbitmq")
    shop = new_shop()
    shop.env["BROKER_URL"] = f"{server.url(server.port)}?queue_type=quorum"
    try:
        server.open()
        shop.start()

        states = shop.wait_until_settled(shop.place_order(), 120)

        assert set.union(*states.values()) == {"done"}
        assert server.depth("bus:quarantine") == 0
        assert shop.query("SELECT count(*) FROM bus_workerstate") == [(6,)]
    finally:
        shop.stop()
        server.close()


def test_order_settles_on_sqs_without_flower(new_shop: Callable[[], Shop], tmp_path: Path) -> None:
    server = SqsServer(tmp_path / "sqs")
    shop = new_shop()
    shop.env["BROKER_URL"] = server.url(server.port)
    try:
        server.open()
        shop.start()

        states = shop.wait_until_settled(shop.place_order(), 120)

        assert set.union(*states.values()) == {"done"}
        assert [name for name in server.queues() if server.depth(name)] == []
        assert shop.query("SELECT count(*) FROM bus_workerstate") == [(6,)]
        assert "flower" not in shop.said
    finally:
        shop.stop()
        server.close()


def test_order_settles_on_pubsub_and_the_shop_stops_without_it(
    new_shop: Callable[[], Shop], tmp_path: Path
) -> None:
    server = PubsubServer(tmp_path / "pubsub")
    shop = new_shop()
    shop.env |= server.settings(server.port)
    try:
        server.open()
        shop.start()

        states = shop.wait_until_settled(shop.place_order(), 120)

        assert set.union(*states.values()) == {"done"}
        assert server.stored() == []
        assert shop.query("SELECT count(*) FROM bus_workerstate") == [(6,)]
        assert "flower" not in shop.said
        server.kill(hold=True)
        assert shop.stop() == 0
        assert "killed" not in shop.said
    finally:
        shop.stop()
        server.close()
