"""One shop for all modules of this folder: its start costs more than most of the tests."""

from collections.abc import Iterator

import pytest

from tests.live.conftest import stopped_shop
from tests.live.shop import Shop


@pytest.fixture(scope="package")
def shop() -> Iterator[Shop]:
    """A shop that runs. `tests/support/scheduling.py` keeps the folder in one process."""
    with stopped_shop() as found:
        found.measure()
        found.start()
        yield found
