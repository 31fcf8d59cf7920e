"""The shop leaves nothing behind, however it ends."""

import socket
from collections.abc import Callable

import pytest

from tests.live.shop import Shop, processes_of

pytestmark = [pytest.mark.live, pytest.mark.timeout(300)]


def is_free(port: int) -> bool:
    """No server listens there; a connection of another test may well have it as its own end."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) != 0


def redis_port(shop: Shop) -> int:
    return int((shop.folder / "redis.url").read_text().rsplit(":", 1)[1].split("/")[0])


def test_ctrl_c_ends_every_process_and_frees_every_port(new_shop: Callable[[], Shop]) -> None:
    shop = new_shop()
    shop.start()
    ports = [*shop.ports, redis_port(shop)]
    shop.place_order()
    assert len(processes_of(shop.folder)) > 10

    code = shop.stop()

    assert code == 0
    shop.wait_for(lambda: not processes_of(shop.folder), 5)
    assert all(map(is_free, ports))
    assert not (shop.folder / "redis.url").exists()
    assert "Traceback" not in shop.said


def test_what_was_not_done_when_the_shop_stopped_is_done_at_its_next_start(
    new_shop: Callable[[], Shop],
) -> None:
    shop = new_shop()
    shop.start("--without", "worker-analytics")
    order = shop.place_order()
    shop.stop()

    again = Shop(shop.folder, DATABASE_URL=shop.env.get("DATABASE_URL", ""))
    try:
        again.start()
        assert again.wait_until_settled(order, 60)["analytics"] == {"done"}
    finally:
        again.stop()


def test_nothing_outlives_a_shop_that_is_killed(new_shop: Callable[[], Shop]) -> None:
    shop = new_shop()
    shop.start()
    assert shop.process
    assert len(processes_of(shop.folder)) > 10

    shop.process.kill()

    shop.wait_for(lambda: not processes_of(shop.folder), 10)
