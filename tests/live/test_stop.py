"""The shop leaves nothing behind, however it ends."""

import socket
from collections.abc import Callable
from typing import Any

import pytest

from tests.live.shop import Shop, processes_of

pytestmark = [pytest.mark.live, pytest.mark.sqlite, pytest.mark.timeout(300)]


def is_free(port: int) -> bool:
    """No server listens there; a connection of another test may well have it as its own end."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) != 0


def redis_port(shop: Shop) -> int:
    return int((shop.folder / "redis.url").read_text().rsplit(":", 1)[1].split("/")[0])


@pytest.fixture(scope="module")
def shop(new_shop: Callable[[], Shop]) -> Shop:
    """One that runs without its worker of analytics."""
    found = new_shop()
    found.start("--without", "worker-analytics")
    return found


@pytest.fixture(scope="module")
def order(shop: Shop) -> dict[str, Any]:
    """An order that is not settled before the shop stops."""
    return shop.place_order()


def test_ctrl_c_ends_every_process_and_frees_every_port(shop: Shop, order: dict[str, Any]) -> None:
    ports = [*shop.ports, redis_port(shop)]
    assert len(processes_of(shop.folder)) > 10

    code = shop.stop()

    assert code == 0
    shop.wait_for(lambda: not processes_of(shop.folder), 5)
    assert all(map(is_free, ports))
    assert not (shop.folder / "redis.url").exists()
    assert "Traceback" not in shop.said


def test_next_start_settles_open_orders_and_kill_leaves_no_process(
    shop: Shop, order: dict[str, Any]
) -> None:
    if not shop.ended:
        shop.stop()
    again = Shop(shop.folder, DATABASE_URL=shop.env.get("DATABASE_URL", ""))
    try:
        again.start()
        assert again.wait_until_settled(order, 60)["analytics"] == {"done"}
        assert again.process
        assert len(processes_of(shop.folder)) > 10

        again.process.kill()

        again.wait_for(lambda: not processes_of(shop.folder), 10)
    finally:
        again.stop()
