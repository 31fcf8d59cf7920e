"""Endpoints that refuse, are away, or lead elsewhere."""

import time
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone
from pytest_django.fixtures import Settings

from bus.models import Delivery
from bus.testing import end_waits, given, settle
from outlets.models import Endpoint, State, Webhook
from outlets.services.endpoints import DEAD_AFTER, enable
from outlets.tests.conftest import Connect
from outlets.tests.receiving import retry, states
from shop.testing import placed
from tests.support.http_stub import HttpStub, Reply

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.parametrize("status", [301, 400, 401, 404, 429, 500, 503])
def test_refused_webhook_is_tried_again_with_same_id(
    connect: Connect, consumer: HttpStub, status: int
) -> None:
    connect()
    consumer.replies = [Reply(status, {"Location": consumer.url}), Reply(204)]
    given(placed("SO-1", CUP=2))

    settle("outlets")
    assert states() == ["waiting"]
    webhook = Webhook.objects.get()
    assert (webhook.state, webhook.status, webhook.tries) == ("waiting", status, 1)
    assert webhook.note == f"It answered {status}."
    retry()

    assert states() == ["done"]
    first, second = consumer.received
    assert first.headers["webhook-id"] == second.headers["webhook-id"]
    assert first.body == second.body
    webhook.refresh_from_db()
    assert (webhook.state, webhook.note, webhook.tries) == (State.SENT, "", 2)
    assert Endpoint.objects.get().failing_since is None


def test_endpoint_that_fails_is_called_once_and_not_for_each_webhook(
    connect: Connect, consumer: HttpStub
) -> None:
    connect()
    consumer.replies = [Reply(503, {"Retry-After": "600"})]
    given(*(placed(f"SO-{number}", CUP=2) for number in range(5)))

    settle("outlets")

    assert len(consumer.received) == 1
    assert states() == ["waiting"] * 5
    endpoint = Endpoint.objects.get()
    assert endpoint.paused_until - timezone.now() > timedelta(minutes=9)


def test_backlog_of_a_paused_endpoint_is_not_started_at_one_instant(connect: Connect) -> None:
    now = timezone.now()
    connect(failing_since=now - timedelta(hours=1), paused_until=now + timedelta(minutes=5))
    given(*(placed(f"SO-{number}", CUP=2) for number in range(20)))

    settle("outlets")

    due = sorted(Delivery.objects.filter(state="waiting").values_list("due_at", flat=True))
    assert len(due) == 20
    assert due[0] > now + timedelta(minutes=4)
    assert due[-1] - due[0] > timedelta(minutes=10)
    assert due[-1] < now + timedelta(minutes=70)


def test_webhook_that_was_called_waits_for_the_pause_alone(connect: Connect) -> None:
    now = timezone.now()
    connect(failing_since=now - timedelta(hours=6), paused_until=now + timedelta(minutes=5))
    given(placed("SO-1", CUP=2))
    settle("outlets")
    Webhook.objects.update(tries=1)
    end_waits()

    settle("outlets")

    assert Delivery.objects.get(state="waiting").due_at < now + timedelta(minutes=6)


def test_webhook_that_is_refused_alone_does_not_pause_the_others(
    connect: Connect, consumer: HttpStub
) -> None:
    connect()
    consumer.replies = [Reply(400), Reply(204)]
    given(placed("SO-1", CUP=2), placed("SO-2", CUP=2))

    settle("outlets")

    assert states() == ["waiting", "done"]


def test_unreachable_endpoint_is_tried_again(connect: Connect, consumer: HttpStub) -> None:
    connect(url="http://127.0.0.1:9/")
    given(placed("SO-1", CUP=2))

    settle("outlets")

    assert states() == ["waiting"]
    assert Webhook.objects.get().note == "No answer: ConnectError."


def test_name_that_no_resolver_takes_is_tried_again(connect: Connect) -> None:
    connect(url="https://a..example.com/")
    given(placed("SO-1", CUP=2))

    settle("outlets")

    assert states() == ["waiting"]
    assert Webhook.objects.get().note == "a..example.com cannot be the name of a host."
    assert Endpoint.objects.get().failing_since is not None


def test_internal_address_is_never_connected_to(
    connect: Connect, consumer: HttpStub, settings: Settings
) -> None:
    connect(url=consumer.url.replace("127.0.0.1", "localhost"))
    settings.OUTLET_PRIVATE_NETWORKS = []
    given(placed("SO-1", CUP=2))

    settle("outlets")

    assert consumer.received == []
    assert states() == ["waiting"]
    assert "localhost is not a public address" in Webhook.objects.get().note


def test_redirect_is_not_followed(connect: Connect, consumer: HttpStub) -> None:
    with HttpStub() as elsewhere:
        consumer.replies = [Reply(307, {"Location": elsewhere.url})]
        connect()
        given(placed("SO-1", CUP=2))

        settle("outlets")

        assert elsewhere.received == []
    assert states() == ["waiting"]


def test_endpoint_that_is_gone_is_disabled(connect: Connect, consumer: HttpStub) -> None:
    connect()
    consumer.replies = [Reply(410)]
    given(placed("SO-1", CUP=2), placed("SO-2", CUP=2))

    settle("outlets")

    endpoint = Endpoint.objects.get()
    assert not endpoint.enabled
    assert "410" in endpoint.disabled_because
    assert len(consumer.received) == 1
    assert states() == ["done", "done"]
    assert {webhook.state for webhook in Webhook.objects.all()} == {"skipped"}


def test_endpoint_that_is_dead_for_days_is_disabled(connect: Connect, consumer: HttpStub) -> None:
    connect(failing_since=timezone.now() - DEAD_AFTER)
    consumer.replies = [Reply(500)]
    given(placed("SO-1", CUP=2))

    settle("outlets")

    endpoint = Endpoint.objects.get()
    assert endpoint.disabled_because == "It has accepted nothing for 5 days."
    assert states() == ["done"]
    assert Webhook.objects.get().state == State.SKIPPED


@pytest.mark.parametrize("status", [500, 410])
def test_answer_of_a_former_address_does_not_disable(
    connect: Connect, consumer: HttpStub, status: int
) -> None:
    def correct() -> None:
        Endpoint.objects.update(url="https://example.com/", failing_since=None)
        connection.close()

    connect(failing_since=timezone.now() - DEAD_AFTER)
    consumer.replies = [Reply(status, meanwhile=correct)]
    given(placed("SO-1", CUP=2))

    settle("outlets")

    endpoint = Endpoint.objects.get()
    assert (endpoint.enabled, endpoint.failing_since) == (True, None)


def test_endpoint_enabled_during_a_call_is_not_disabled_by_it(
    connect: Connect, consumer: HttpStub
) -> None:
    def enable_again() -> None:
        enable(endpoint)
        connection.close()

    endpoint = connect(failing_since=timezone.now() - DEAD_AFTER)
    consumer.replies = [Reply(500, meanwhile=enable_again)]
    given(placed("SO-1", CUP=2))

    settle("outlets")

    assert Endpoint.objects.get().enabled
    assert states() == ["waiting"]


def test_disabled_endpoint_gets_nothing(connect: Connect, consumer: HttpStub) -> None:
    endpoint = connect()
    given(placed("SO-1", CUP=2))
    endpoint.enabled = False
    endpoint.save()

    settle("outlets")

    assert consumer.received == []


@pytest.mark.parametrize("drip", [True, False], ids=["endless", "long"])
def test_answer_is_read_in_part(connect: Connect, consumer: HttpStub, drip: bool) -> None:
    def endless(socket: Any) -> None:
        socket.write(b"HTTP/1.1 200 OK\r\n\r\n")
        while True:
            socket.write(b"x" * 65536)

    consumer.replies = [Reply(drip=endless) if drip else Reply(200, body=b"x" * 1_000_000)]
    connect()
    given(placed("SO-1", CUP=2))

    settle("outlets")

    assert states() == ["done"]


def test_answer_that_takes_too_long_is_none(
    connect: Connect, consumer: HttpStub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("outlets.client.TOTAL_TIMEOUT", timedelta(seconds=0.2))
    consumer.replies = [Reply(meanwhile=lambda: time.sleep(0.6))]
    connect()
    given(placed("SO-1", CUP=2))

    settle("outlets")

    assert states() == ["waiting"]
    assert Webhook.objects.get().note == "No answer: TimeoutError."
