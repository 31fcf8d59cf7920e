"""The page of one webhook: the id that its consumer got, and what is behind it."""

import re

import pytest
from django.test import Client
from pytest_django.fixtures import Settings

from bus.models import Delivery, Event
from bus.testing import given, settle
from outlets import services
from outlets.models import Webhook
from outlets.tests.conftest import Connect
from shop.testing import placed
from tests.support.http_stub import HttpStub

pytestmark = pytest.mark.django_db(transaction=True)


def page(browser: Client, webhook: Webhook) -> str:
    answer = browser.get(f"/admin/outlets/webhook/{webhook.pk}/change/")
    assert answer.status_code == 200
    return answer.content.decode()


def test_page_shows_the_consumers_id_and_leads_to_order_event_and_delivery(
    connect: Connect, consumer: HttpStub, admin_client: Client
) -> None:
    connect()
    given(placed("SO-1", CUP=2))
    settle("outlets")

    shown = page(admin_client, Webhook.objects.get())

    [received] = consumer.received
    assert received.headers["webhook-id"] in shown
    event = Event.objects.get(type="OrderPlaced")
    delivery = Delivery.objects.get(event__type="WebhookDue")
    assert f'href="/admin/bus/event/{event.pk}/change/"' in shown
    assert f'href="/admin/bus/delivery/{delivery.pk}/change/"' in shown
    assert 'href="/admin/orders/order/?q=SO-1"' in shown


def test_page_of_a_test_shows_its_id_and_no_order(
    connect: Connect, consumer: HttpStub, admin_client: Client
) -> None:
    services.ping(connect(), "grace")
    settle("outlets")

    shown = page(admin_client, Webhook.objects.get())

    [received] = consumer.received
    assert received.headers["webhook-id"] in shown
    assert "?q=" not in shown


def test_page_of_a_webhook_whose_delivery_is_pruned_is_shown(
    connect: Connect, admin_client: Client
) -> None:
    connect()
    given(placed("SO-1", CUP=2))
    settle("outlets")
    Delivery.objects.all().delete()

    shown = page(admin_client, Webhook.objects.get())

    assert not re.search(r"/admin/bus/delivery/\d+/", shown)


def test_nothing_is_requested_while_webhooks_are_off(connect: Connect, settings: Settings) -> None:
    endpoint = connect()
    given(placed("SO-1", CUP=2))
    settle("outlets")
    settings.OUTLET_WEBHOOKS = False

    with pytest.raises(services.Refused, match="Set OUTLET_WEBHOOKS=1"):
        services.ping(endpoint, "grace")
    with pytest.raises(services.Refused, match="Set OUTLET_WEBHOOKS=1"):
        services.send_again(Webhook.objects.get(), "grace")

    assert Webhook.objects.count() == 1
