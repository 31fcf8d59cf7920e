"""From an event to a signed webhook, over the ledger and real HTTP."""

import time
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from bus.models import Delivery, Event
from bus.ops.deliveries import deliver_again
from bus.selectors import settled
from bus.testing import given, settle
from outlets import services
from outlets.models import State, Webhook
from outlets.tests.conftest import SECRET, Connect
from outlets.tests.receiving import signatures, states
from shop.events import OrderCancelled, OrderConfirmed, OrderPlaced
from shop.testing import CUSTOMER, cancelled, confirmed, placed
from tests.support.http_stub import HttpStub, Reply

pytestmark = pytest.mark.django_db(transaction=True)


def test_endpoint_gets_chosen_events_signed(connect: Connect, consumer: HttpStub) -> None:
    connect(OrderPlaced, OrderCancelled)
    given(placed("SO-1", CUP=2), confirmed("SO-1", CUP=2), cancelled("SO-1", CUP=2))

    settle("outlets")

    assert consumer.types() == ["OrderPlaced", "OrderCancelled"]
    first = consumer.received[0]
    row = Event.objects.get(type="OrderPlaced")
    assert first.headers["webhook-id"] == first.json["id"] == str(row.uuid)
    assert first.headers["content-type"] == "application/cloudevents+json; charset=UTF-8"
    assert abs(time.time() - int(first.headers["webhook-timestamp"])) < 60
    assert first.headers["webhook-signature"].split() == signatures(first, SECRET)
    assert first.json["subject"] == "SO-1"
    assert first.json["data"]["total"] == "23.80"
    webhook = Webhook.objects.get(type="OrderPlaced")
    assert (webhook.state, webhook.status, webhook.tries) == (State.SENT, 204, 1)
    assert webhook.took > timedelta(0)
    assert states() == ["done", "done"]


@pytest.mark.parametrize("with_customer", [False, True])
def test_customer_is_sent_only_where_chosen(
    connect: Connect, consumer: HttpStub, with_customer: bool
) -> None:
    connect(with_customer=with_customer)
    given(placed("SO-1", CUP=2))

    settle("outlets")

    [received] = consumer.received
    assert ("customer" in received.json["data"]) == with_customer
    assert (CUSTOMER.email.encode() in received.body) == with_customer


def test_each_endpoint_has_a_webhook_of_its_own(connect: Connect, consumer: HttpStub) -> None:
    with HttpStub() as away:
        away.replies = [Reply(500)]
        connect(url=away.url)
        connect()
        given(placed("SO-1", CUP=2))

        settle("outlets")

    assert states() == ["waiting", "done"]
    assert consumer.received[0].headers["webhook-id"] == away.received[0].headers["webhook-id"]


def test_nothing_is_due_without_endpoint(webhooks: None) -> None:
    given(placed("SO-1", CUP=2))

    settle("outlets")

    assert not Event.objects.filter(type="WebhookDue").exists()


def test_event_that_no_endpoint_chose_costs_one_query(connect: Connect) -> None:
    connect(OrderConfirmed)

    with CaptureQueriesContext(connection) as queries:
        services.forward([placed("SO-1", CUP=2), placed("SO-2", CUP=2)])

    assert len(queries) == 1


def test_event_that_is_handled_again_is_sent_once(connect: Connect, consumer: HttpStub) -> None:
    connect()
    given(placed("SO-1", CUP=2))
    settle("outlets")
    forwarded = Delivery.objects.get(subscription__name="outlets.tasks.forward_order_placed")

    deliver_again([forwarded.pk], by="grace", why="a test", finished=True)
    settle("outlets")

    assert len(consumer.received) == 1


def test_order_is_settled_while_its_webhook_waits(connect: Connect, consumer: HttpStub) -> None:
    connect()
    consumer.replies = [Reply(500)]
    given(placed("SO-1", CUP=2))

    settle("outlets")

    assert states() == ["waiting"]
    assert settled("SO-1")


def test_webhooks_of_an_endpoint_share_no_stream(connect: Connect) -> None:
    connect()
    given(placed("SO-1", CUP=2), placed("SO-2", CUP=2))

    settle("outlets")

    streams = Event.objects.filter(type="WebhookDue").values_list("stream", flat=True)
    assert len(set(streams)) == 2
