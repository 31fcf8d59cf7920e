"""Webhooks to endpoints whose certificates are from an authority of the operator's own."""

from pathlib import Path

import pytest
from pytest_django.fixtures import Settings

from bus.testing import given, settle
from outlets.models import Webhook
from outlets.tests.conftest import Connect
from shop.testing import placed
from tests.support.certificates import Authority
from tests.support.http_stub import HttpStub
from tests.support.proxy import Proxy

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.openssl]


@pytest.mark.parametrize(
    ("known", "host", "state"),
    [
        (True, "127.0.0.1", "sent"),
        (True, "localhost", "waiting"),
        (False, "127.0.0.1", "waiting"),
    ],
    ids=["known", "of another name", "unknown"],
)
def test_certificate_of_an_endpoint_is_verified(
    connect: Connect, consumer: HttpStub, settings: Settings, tmp_path: Path,
    known: bool, host: str, state: str,
) -> None:  # fmt: skip
    authority = Authority(tmp_path)
    if known:
        settings.OUTLET_CA_CERTS = str(authority.file)
    port = int(consumer.url.rpartition(":")[2].strip("/"))
    proxy = Proxy(port, authority.server("127.0.0.1"))
    connect(url=f"https://{host}:{proxy.port}/")
    given(placed("SO-1", CUP=2))

    settle("outlets")

    webhook = Webhook.objects.get()
    assert webhook.state == state
    assert len(consumer.received) == (state == "sent")
    assert webhook.note == ("" if state == "sent" else "No answer: ConnectError.")
