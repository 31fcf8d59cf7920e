"""What waits for a paused endpoint costs no try, and is sent once it is back."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django.fixtures import Settings

from bus.models import Delivery, OperatorAction
from bus.testing import end_waits, given, settle
from outlets.models import Endpoint, Webhook
from outlets.tests.conftest import Connect
from outlets.tests.receiving import states
from shop.testing import placed
from tests.support.http_stub import HttpStub
from tests.support.pages import posting

pytestmark = pytest.mark.django_db(transaction=True)


def paused(connect: Connect, **columns: object) -> Endpoint:
    now = timezone.now()
    until = now + timedelta(hours=3)
    return connect(failing_since=now - timedelta(hours=6), paused_until=until, **columns)


def test_webhook_of_a_paused_endpoint_waits_without_costing_a_try(
    connect: Connect, consumer: HttpStub
) -> None:
    paused(connect)
    given(placed("SO-1", CUP=2))
    for _ in range(3):
        settle("outlets")
        end_waits()

    delivery = Delivery.objects.get(event__type="WebhookDue")
    assert delivery.state == "waiting"
    assert delivery.attempts == delivery.uncounted == 3
    assert Webhook.objects.get().tries == 0
    assert consumer.received == []

    Endpoint.objects.update(paused_until=timezone.now())
    settle("outlets")
    assert states() == ["done"]


@pytest.mark.parametrize("how", ["corrected", "enabled"])
def test_what_waits_is_sent_at_once_when_staff_enable_or_correct_the_endpoint(
    connect: Connect, consumer: HttpStub, admin_client: Client, settings: Settings, how: str
) -> None:
    settings.DEBUG = True  # the consumer has no certificate
    url = "https://old.example/" if how == "corrected" else consumer.url
    endpoint = paused(connect, url=url)
    given(*(placed(f"SO-{number}", CUP=2) for number in range(3)))
    settle("outlets")
    assert states() == ["waiting"] * 3
    if how == "enabled":
        Endpoint.objects.update(enabled=False, disabled_because="It answered 410 (gone).")
    page = f"/admin/outlets/endpoint/{endpoint.pk}/change/"

    form = posting(admin_client, page, "url").filled(url=consumer.url, enabled="on")
    assert admin_client.post(page, form).status_code == 302
    settle("outlets")

    assert states() == ["done"] * 3
    assert len(consumer.received) == 3
    assert OperatorAction.objects.get().count == 3


def test_other_changes_of_an_endpoint_leave_what_waits(
    connect: Connect, consumer: HttpStub, admin_client: Client, settings: Settings
) -> None:
    settings.DEBUG = True  # as above
    endpoint = paused(connect)
    given(placed("SO-1", CUP=2))
    settle("outlets")
    page = f"/admin/outlets/endpoint/{endpoint.pk}/change/"

    form = posting(admin_client, page, "url").filled(description="Another name")
    assert admin_client.post(page, form).status_code == 302
    settle("outlets")

    assert Endpoint.objects.get().description == "Another name"
    assert states() == ["waiting"]


def test_what_waits_for_a_disabled_endpoint_waits_while_its_address_is_corrected(
    connect: Connect, consumer: HttpStub, admin_client: Client, settings: Settings
) -> None:
    settings.DEBUG = True  # as above
    endpoint = paused(connect, url="https://old.example/")
    given(placed("SO-1", CUP=2))
    settle("outlets")
    Endpoint.objects.update(enabled=False, disabled_because="It answered 410 (gone).")
    page = f"/admin/outlets/endpoint/{endpoint.pk}/change/"

    form = posting(admin_client, page, "url").filled(url=consumer.url)
    assert admin_client.post(page, form).status_code == 302
    settle("outlets")
    assert states() == ["waiting"]

    form = posting(admin_client, page, "url").filled(enabled="on")
    assert admin_client.post(page, form).status_code == 302
    settle("outlets")
    assert states() == ["done"]
