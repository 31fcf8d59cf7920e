"""Two shops on one machine and one Redis, one of them in a folder with an odd name."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis

from tests.live.shop import MANAGE, Shop
from tests.support import servers

# On the file that each shop makes itself: two shops on one DATABASE_URL are one shop.
pytestmark = [pytest.mark.live, pytest.mark.sqlite]

ODD = "C# 100%20 + ü"
SETTLED_WITHIN = 60


@pytest.fixture(scope="module")
def redis_server() -> Iterator[str]:
    with servers.redis() as url:
        yield url


@pytest.fixture(scope="module")
def two_shops(
    redis_server: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Shop, Shop]]:
    shops = []
    for name in (ODD, "plain"):
        folder = tmp_path_factory.mktemp("shops") / name
        folder.mkdir()
        shops.append(Shop(folder, REDIS_URL=redis_server))
        # As by default; the tests' own environment has an empty one.
        del shops[-1].env["REDIS_PREFIX"]
    try:
        for shop in shops:
            shop.start()
        yield shops[0], shops[1]
    finally:
        for shop in shops:
            shop.stop()


def test_two_shops_on_one_redis_settle_and_keep_their_epochs(
    two_shops: tuple[Shop, Shop], redis_server: str
) -> None:
    with redis.Redis.from_url(redis_server) as client:
        keys = sorted(client.scan_iter("*bus:epoch"))
        before = client.mget(keys)
        orders = [shop.place_order() for shop in two_shops]

        for shop, order in zip(two_shops, orders, strict=True):
            shop.wait_until_settled(order, SETTLED_WITHIN)

        assert len(keys) == 2
        assert client.mget(keys) == before
        assert not [key for key in client.scan_iter() if not key.startswith(b"shop-")]


def test_all_files_are_in_var_dir(two_shops: tuple[Shop, Shop]) -> None:
    folder = two_shops[0].folder

    assert folder.name == ODD
    assert (folder / "shop.sqlite3").exists() or "DATABASE_URL" in two_shops[0].env
    assert sorted(entry.name for entry in folder.parent.iterdir()) == [ODD]


def test_order_is_not_placed_in_another_shop(two_shops: tuple[Shop, Shop]) -> None:
    first, second = two_shops
    elsewhere = second.env | {"PORT": first.env["PORT"]}

    refused = _order(elsewhere)
    placed = _order(second.env)

    assert refused.returncode == 1
    assert f"is not the one of VAR_DIR={second.folder}" in refused.stderr
    assert placed.returncode == 0, placed.stderr


def _order(env: dict[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*MANAGE, "order"], env=env, cwd=Path("/"), capture_output=True, text=True, check=False
    )
