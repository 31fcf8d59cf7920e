"""The running shop forwards an order's events to Kafka."""

from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from tests.live.conftest import new_shop  # noqa: F401 -- a fixture
from tests.live.shop import Shop
from tests.support.kafka import messages, mock_cluster

pytestmark = [pytest.mark.live, pytest.mark.timeout(240)]


def test_events_of_an_order_arrive_in_order_and_once(
    new_shop: Callable[[], Shop],  # noqa: F811 -- the fixture above
) -> None:
    shop = new_shop()
    with mock_cluster("orders") as server:
        shop.env["OUTLET_KAFKA_URL"] = f"kafka://{server}/orders"
        shop.start()
        orders = [shop.place_order() for _ in range(3)]
        for order in orders:
            shop.wait_until_settled(order, 120)

        received = [msgspec.json.decode(one.value()) for one in messages(server, "orders")]

    for order in orders:
        mine = [one for one in received if one["subject"] == order["number"]]
        assert [one["type"] for one in mine] == published(shop, order)
        assert len({one["id"] for one in mine}) == len(mine)
        assert "@example.com" not in str(mine)


def published(shop: Shop, order: dict[str, Any]) -> list[str]:
    """The public events of the order, in their order."""
    rows = shop.query(f"SELECT type FROM bus_event WHERE stream = '{order['number']}' ORDER BY id")
    return [name for (name,) in rows if name != "MailResendRequested"]
