"""A warehouse on loopback for the tests of fulfilment."""

from collections.abc import Iterator

import pytest
from pytest_django.fixtures import Settings

from fulfillment.tests.stub import WarehouseStub


@pytest.fixture
def stub(settings: Settings) -> Iterator[WarehouseStub]:
    with WarehouseStub() as running:
        settings.WAREHOUSE_URL = running.url
        settings.WAREHOUSE_SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
        yield running
