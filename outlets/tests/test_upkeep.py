"""What staff do with endpoints and webhooks."""

import base64
from datetime import timedelta

import pytest
from django.utils import timezone

from bus.models import Delivery, State
from bus.ops import retention
from bus.testing import given, settle
from outlets import services
from outlets.models import Endpoint, Webhook
from outlets.tests.conftest import SECRET, Connect
from outlets.tests.receiving import signatures, states
from shop.testing import placed
from tests.support.http_stub import HttpStub, Reply

pytestmark = pytest.mark.django_db(transaction=True)


def test_new_secret_signs_beside_the_old_one_for_a_day(
    connect: Connect, consumer: HttpStub
) -> None:
    endpoint = connect()
    new = services.rotate_secret(endpoint)
    given(placed("SO-1", CUP=2))
    settle("outlets")
    Endpoint.objects.update(previous_until=timezone.now())
    given(placed("SO-2", CUP=2))
    settle("outlets")

    both, one = consumer.received
    assert both.headers["webhook-signature"].split() == signatures(both, new, SECRET)
    assert one.headers["webhook-signature"].split() == signatures(one, new)
    assert len(base64.b64decode(new.removeprefix("whsec_"))) == 32


def test_second_new_secret_within_a_day_keeps_the_consumers_one(
    connect: Connect, consumer: HttpStub
) -> None:
    endpoint = connect()
    services.rotate_secret(endpoint)
    new = services.rotate_secret(endpoint)
    given(placed("SO-1", CUP=2))

    settle("outlets")

    [received] = consumer.received
    assert received.headers["webhook-signature"].split() == signatures(received, new, SECRET)


@pytest.mark.parametrize(("reply", "state"), [(Reply(200), "sent"), (Reply(500), "failed")])
def test_test_is_sent_once_even_to_a_disabled_endpoint(
    connect: Connect, consumer: HttpStub, reply: Reply, state: str
) -> None:
    endpoint = connect(enabled=False)
    consumer.replies = [reply]

    services.ping(endpoint, "grace")
    with pytest.raises(services.Refused, match="still waiting"):
        services.ping(endpoint, "grace")
    settle("outlets")

    [received] = consumer.received
    assert received.json["type"] == "Ping"
    assert received.headers["webhook-signature"].split() == signatures(received, SECRET)
    webhook = Webhook.objects.get()
    assert (webhook.state, webhook.requested_by) == (state, "grace")
    assert states() == ["done"]


def test_webhook_is_sent_again_with_its_id(connect: Connect, consumer: HttpStub) -> None:
    connect()
    given(placed("SO-1", CUP=2))
    settle("outlets")
    webhook = Webhook.objects.get()

    services.send_again(webhook, "grace")
    with pytest.raises(services.Refused, match="still waiting"):
        services.send_again(webhook, "grace")
    settle("outlets")

    first, second = consumer.received
    assert first.body == second.body
    assert first.headers["webhook-id"] == second.headers["webhook-id"]


@pytest.mark.parametrize("end", [State.DEAD, State.DISCARDED])
def test_webhook_whose_delivery_has_ended_is_sent_again(connect: Connect, end: State) -> None:
    endpoint = connect()
    services.ping(endpoint, "grace")
    given(placed("SO-1", CUP=2))
    settle("outlets")
    Webhook.objects.update(state="waiting")
    Delivery.objects.filter(event__type="WebhookDue").update(state=end)

    services.ping(endpoint, "grace")
    services.send_again(Webhook.objects.get(type="OrderPlaced"), "grace")

    assert Webhook.objects.count() == 4


def test_webhook_of_a_disabled_endpoint_is_not_sent_again(connect: Connect) -> None:
    connect()
    given(placed("SO-1", CUP=2))
    settle("outlets")
    Endpoint.objects.update(enabled=False)

    with pytest.raises(services.Refused, match="enable it first"):
        services.send_again(Webhook.objects.get(), "grace")


def test_webhook_is_pruned_after_its_delivery_unless_it_waits(connect: Connect) -> None:
    connect()
    given(placed("SO-1", CUP=2), placed("SO-2", CUP=2), placed("SO-3", CUP=2))
    settle("outlets")
    long_ago = timezone.now() - timedelta(days=400)
    Webhook.objects.exclude(subject="SO-3").update(created_at=long_ago)
    Webhook.objects.filter(subject="SO-2").update(state="waiting")
    assert services.prune() == 0

    list(retention.prune(timedelta(0), by="grace"))

    assert services.prune() == 2
    assert not Delivery.objects.exists()
    assert set(Webhook.objects.values_list("subject", flat=True)) == {"SO-2"}
