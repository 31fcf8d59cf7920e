"""What others on this machine, and whoever reaches Redis, can do to the running shop: look."""

import subprocess
import time
from typing import Any

import pytest
import redis
from celery import Celery

from tests.live.shop import Shop

pytestmark = [pytest.mark.live, pytest.mark.sqlite, pytest.mark.timeout(300)]


def test_embedded_redis_refuses_connections_without_password(shop: Shop) -> None:
    url = (shop.folder / "redis.url").read_text().strip()
    address = redis.connection.parse_url(url)
    stranger = redis.Redis(host=address["host"], port=address["port"])

    with pytest.raises(redis.AuthenticationError):
        stranger.ping()

    listed = subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True, check=True)
    assert address["password"] not in listed.stdout
    assert redis.Redis.from_url(url).ping()


def test_files_of_the_shop_are_private(shop: Shop) -> None:
    order = shop.place_order()
    shop.wait_until_settled(order, 60)

    open_ones = [
        file
        for file in (shop.folder, *shop.folder.rglob("*"))
        if file.lstat().st_mode & 0o077 and file not in (shop.folder, shop.log)
    ]

    assert open_ones == []


def remote(shop: Shop, method: str, **arguments: Any) -> None:
    """Send a worker's remote control one of Celery's broadcasts."""
    url = (shop.folder / "redis.url").read_text().strip()
    Celery("stranger", broker=url, set_as_current=False).control.broadcast(method, arguments)


@pytest.mark.parametrize(
    ("method", "arguments"),
    [
        ("cancel_consumer", {"queue": "billing"}),
        ("shutdown", {}),
        ("pool_shrink", {"n": 5}),
        ("rate_limit", {"task_name": "billing.tasks.issue_invoice", "rate_limit": "1/h"}),
    ],
)
def test_broadcast_changes_no_worker(shop: Shop, method: str, arguments: dict[str, Any]) -> None:
    before = (shop.folder / "run" / "worker-billing.pid").read_text()

    remote(shop, method, **arguments)
    time.sleep(1)

    order = shop.place_order()
    assert shop.wait_until_settled(order, 60)["billing"] == {"done"}
    assert (shop.folder / "run" / "worker-billing.pid").read_text() == before
    assert f"remote control: {method} is refused" in shop.said
