"""A shop with webhooks, and a consumer on loopback."""

from collections.abc import Callable, Iterator

import pytest
from pytest_django.fixtures import Settings

from outlets import tasks
from outlets.models import Endpoint
from shop.events import OrderEvent, OrderPlaced
from tests.support.declaring import declaring
from tests.support.http_stub import HttpStub

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


@pytest.fixture
def webhooks(settings: Settings) -> Iterator[None]:
    """The handlers of OUTLET_WEBHOOKS, and this machine as a place that may get webhooks."""
    settings.OUTLET_WEBHOOKS = True
    settings.OUTLET_PRIVATE_NETWORKS = ["127.0.0.0/8"]
    with declaring(tasks.subscribe_webhooks):
        yield


@pytest.fixture
def consumer() -> Iterator[HttpStub]:
    with HttpStub() as running:
        yield running


Connect = Callable[..., Endpoint]


@pytest.fixture
def connect(webhooks: None, consumer: HttpStub) -> Connect:
    """Make an endpoint of the consumer."""

    def make(*events: type[OrderEvent], **columns: object) -> Endpoint:
        names = [event.__name__ for event in events or (OrderPlaced,)]
        values = {"url": consumer.url, "events": names, "secret": SECRET} | columns
        return Endpoint.objects.create(**values)

    return make
