"""A shop on the test run's kind of database: a file of its own, or a PostgreSQL database."""

import os
import shutil
import tempfile
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.live.shop import Shop
from tests.support.servers import new_database


@pytest.fixture(scope="module")
def new_shop() -> Iterator[Callable[[], Shop]]:
    """Makes shops that are not started yet; all of them are stopped in the end."""
    shops: list[Shop] = []

    def make() -> Shop:
        folder = Path(tempfile.mkdtemp(prefix="shop-live-")).resolve()
        shops.append(Shop(folder, **_database()))
        return shops[-1]

    yield make
    for shop in shops:
        if not shop.ended:
            shop.stop()
        shutil.rmtree(shop.folder, ignore_errors=True)


@pytest.fixture(scope="module")
def shop(new_shop: Callable[[], Shop]) -> Shop:
    """A shop that runs and that the tests of a module share."""
    found = new_shop()
    found.start()
    return found


def _database() -> dict[str, str]:
    url = os.environ.get("DATABASE_URL", "")
    if not url.startswith("postgres"):
        return {}
    return {"DATABASE_URL": new_database(url, f"live_{uuid.uuid4().hex}")}
