"""A rolling release: workers and web servers of two releases on one ledger and one broker.

The later release has a new version of `OrderPlaced`, which the earlier one cannot read, and with it
of `OrderConfirmed` and `OrderCancelled`; an optional field in `StockReserved`; a new subscription.
Not covered: a change of tables, which a release that rolls must make in two steps.
"""

import subprocess
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import httpx
import pytest
import redis

from bus.broker.quarantine import QUARANTINE
from tests.live.releases import NEW, later_release, process
from tests.live.shop import MANAGE, READY_WITHIN, ROOT, Shop
from tests.support import servers

pytestmark = [pytest.mark.live, pytest.mark.timeout(300)]

PREPARE = "import django; django.setup(); from config.local.database import prepare; prepare()"


@pytest.fixture(scope="module")
def later(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return later_release(tmp_path_factory.mktemp("releases") / "later")


@pytest.fixture(scope="module")
def broker() -> Iterator[str]:
    with servers.redis() as url:
        yield url


@pytest.fixture
def shop(broker: str, new_shop: Callable[[], Shop]) -> Shop:
    """With goods and subscriptions of the earlier release; none of its processes runs."""
    found = new_shop()
    found.env["REDIS_URL"] = broker
    subprocess.run([*MANAGE[:1], "-c", PREPARE], cwd=ROOT, env=found.env, check=True)
    return found


@pytest.fixture
def started(shop: Shop) -> Iterator[Callable[[str, Path], None]]:
    """Starts one process of a release; all are stopped in the end.

    The web server before the others: it is waited for, and they would take the processor from it.
    """
    with ExitStack() as running:

        def start(name: str, release: Path) -> None:
            run = running.enter_context(process(shop, release, name))
            if name == "web":
                shop.wait_for(lambda: run.poll() is not None or serves(shop), READY_WITHIN)
                assert run.poll() is None, shop.said

        yield start


def serves(shop: Shop) -> bool:
    try:
        return shop.http.get("/").is_success
    except httpx.TransportError:
        return False


def test_earlier_worker_leaves_newer_version_to_later_worker(
    shop: Shop, broker: str, later: Path, started: Callable[[str, Path], None]
) -> None:
    started("web", later)
    started("relay", ROOT)
    started("worker", ROOT)
    order = shop.place_order()
    shop.wait_for(lambda: "inventory.tasks.reserve_stock: 1 stale" in shop.said, READY_WITHIN)
    shop.wait_for(lambda: deliveries(shop, order) == {("waiting", 0)}, READY_WITHIN)

    started("worker", later)

    shop.wait_until_settled(order, 120)
    assert versions(shop, order)["OrderPlaced"] == 2
    assert_nothing_failed(shop, broker, order)
    assert of_new_subscription(shop, order) == [("done",)]


def test_later_worker_handles_what_earlier_web_server_publishes(
    shop: Shop, broker: str, later: Path, started: Callable[[str, Path], None]
) -> None:
    started("web", ROOT)
    started("relay", ROOT)
    started("worker", later)
    order = shop.place_order()

    shop.wait_until_settled(order, 60)

    found = versions(shop, order)
    assert (found["OrderPlaced"], found["OrderConfirmed"]) == (1, 2)
    assert_nothing_failed(shop, broker, order)


def assert_nothing_failed(shop: Shop, broker: str, order: dict[str, Any]) -> None:
    """Every delivery is done at its first attempt, and no message was refused."""
    assert deliveries(shop, order) == {("done", 1)}
    assert shop.query("SELECT count(*) FROM bus_failedattempt") == [(0,)]
    with redis.Redis.from_url(broker) as client:
        assert client.llen(QUARANTINE) == 0


def deliveries(shop: Shop, order: dict[str, Any]) -> set[tuple[str, int]]:
    """The states and attempts that the order's deliveries have."""
    found = f"SELECT state, attempts FROM bus_delivery WHERE stream = '{order['number']}'"
    return set(shop.query(found))


def versions(shop: Shop, order: dict[str, Any]) -> dict[str, int]:
    found = f"SELECT type, version FROM bus_event WHERE stream = '{order['number']}'"
    return dict(shop.query(found))


def of_new_subscription(shop: Shop, order: dict[str, Any]) -> list[Any]:
    return shop.query(
        "SELECT d.state FROM bus_delivery d JOIN bus_subscription s ON s.id = d.subscription_id "
        f"WHERE d.stream = '{order['number']}' AND s.name = '{NEW}'"
    )
