"""The same order on each broker, of which nothing but its address tells."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.chaos.brokers import broker_for, settings
from tests.live.effects import effects_of
from tests.live.shop import Shop

pytestmark = [pytest.mark.live, pytest.mark.sqlite, pytest.mark.timeout(400)]

Effects = dict[str, list[Any]]

BROKERS = [
    "redis",
    pytest.param("sentinel", marks=pytest.mark.redis_server),
    pytest.param("rabbitmq-quorum", marks=pytest.mark.rabbitmq),
    "sqs",
    "pubsub",
]
ENDS_LATE = "sentinel"
"""Without any Sentinel the relay does not end within its grace of 40 seconds."""
WITHOUT_FLOWER = ("sqs", "pubsub")

LEFT: dict[str, Callable[[Any], Any]] = {
    "rabbitmq-quorum": lambda server: server.depth("bus:quarantine"),
    "sqs": lambda server: sum(map(server.depth, server.queues())),
    "pubsub": lambda server: len(server.stored()),
}
"""How many messages a broker still has, where it tells."""


@pytest.fixture(scope="module")
def without_broker(new_shop: Callable[[], Shop]) -> Effects:
    """The effects of an order without a broker."""
    shop = new_shop()
    shop.env["BROKER_URL"] = "none"
    shop.start()
    assert set().union(*shop.wait_until_settled(shop.place_order(), 120).values()) == {"done"}
    shop.stop()
    return effects_of(shop)


def test_effects_are_those_of_every_app(without_broker: Effects) -> None:
    assert [name for name, rows in without_broker.items() if not rows] == []
    assert len(without_broker["letters"]) == 3


@pytest.mark.parametrize("broker", BROKERS)
def test_order_has_the_same_effects_on_each_broker_and_the_shop_stops_without_it(
    without_broker: Effects, new_shop: Callable[[], Shop], tmp_path: Path, broker: str
) -> None:
    server = broker_for(broker, tmp_path)
    shop = new_shop()
    shop.env |= settings(server, server.front)
    try:
        server.open()
        shop.start()

        shop.wait_until_settled(shop.place_order(), 120)

        assert effects_of(shop) == without_broker
        assert LEFT.get(broker, lambda _server: 0)(server) == 0
        assert shop.query("SELECT count(*) FROM bus_workerstate") == [(6,)]
        assert ("flower" in shop.said.lower()) is (broker not in WITHOUT_FLOWER)
        server.close()
        assert shop.stop() == 0
        killed = [line for line in shop.said.splitlines() if "killed" in line]
        assert killed == [] or broker == ENDS_LATE
    finally:
        shop.stop()
        server.close()
