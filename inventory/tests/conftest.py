"""An order whose stock is reserved."""

import pytest

from inventory import services
from shop.testing import placed


@pytest.fixture
def one_order(db: None) -> None:
    """SO-1 has four of ten cups."""
    services.receive_stock("CUP", 10, "first delivery")
    services.reserve_stock([placed("SO-1", CUP=4)])
