"""A shop on the test run's kind of database: a file of its own, or a PostgreSQL database."""

import os
import shutil
import tempfile
import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from tests.live.shop import Shop
from tests.support.servers import new_database


@contextmanager
def stopped_shop() -> Iterator[Shop]:
    """A shop that is not started yet, and is stopped in the end."""
    folder = Path(tempfile.mkdtemp(prefix="shop-live-")).resolve()
    shop = Shop(folder, **_database())
    try:
        yield shop
    finally:
        if not shop.ended:
            shop.stop()
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="module")
def new_shop() -> Iterator[Callable[[], Shop]]:
    """Makes shops that are not started yet; all of them are stopped in the end."""
    with ExitStack() as shops:
        yield lambda: shops.enter_context(stopped_shop())


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
