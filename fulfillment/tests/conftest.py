"""A warehouse on loopback for the tests of fulfilment."""

from collections.abc import Iterator

import pytest
from pytest_django.fixtures import Settings

from tests.support.http_stub import HttpStub


@pytest.fixture
def stub(settings: Settings) -> Iterator[HttpStub]:
    with HttpStub() as running:
        settings.WAREHOUSE_URL = running.url
        settings.WAREHOUSE_SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
        yield running
