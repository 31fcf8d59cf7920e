"""What customers are told when the database's answer to COMMIT is lost on the way."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import OperationalError
from rest_framework.test import APIClient

from orders.models import Order
from tests.support.proxy import Proxy, Wire
from tests.support.wires import wired

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]
URL = "/api/v1/checkout/"
KEY = {"Idempotency-Key": "5f8a"}


@pytest.fixture
def wire(catalogue: Any) -> Iterator[Proxy]:
    with wired() as proxy:
        yield proxy


def post(
    client: APIClient, wire: Proxy, mode: Wire, body: Any, address: str = URL, **headers: Any
) -> Any:
    wire.set(mode)
    try:
        return client.post(address, body, format="json", headers=headers)
    finally:
        wire.set(Wire.FINE)


def test_commit_without_answer_is_reported_as_unknown(
    client: APIClient, body: dict[str, Any], wire: Proxy
) -> None:
    answer = post(client, wire, Wire.COMMIT_UNANSWERED, body)

    problem = answer.json()
    assert answer.status_code == 503
    assert problem["type"] == "/api/problems/#outcome-unknown"
    assert "may have been placed" in problem["detail"]
    assert "Retry-After" not in answer, "a client that obeys it would order twice"
    assert client.get(problem["order"]).json()["number"] == Order.objects.get().number


def test_lost_commit_is_reported_as_unknown(
    client: APIClient, body: dict[str, Any], wire: Proxy
) -> None:
    answer = post(client, wire, Wire.COMMIT_LOST, body)

    assert answer.json()["type"] == "/api/problems/#outcome-unknown"
    assert client.get(answer.json()["order"]).status_code == 404
    assert not Order.objects.exists()


def test_repeat_with_key_returns_the_placed_order(
    client: APIClient, body: dict[str, Any], wire: Proxy
) -> None:
    lost = post(client, wire, Wire.COMMIT_UNANSWERED, body, **KEY)
    again = client.post(URL, body, format="json", headers=KEY)

    assert lost.status_code == 503
    assert lost["Retry-After"] == "2"
    assert "same Idempotency-Key" in lost.json()["detail"]
    assert again["Idempotent-Replayed"] == "true"
    assert again.json()["number"] == Order.objects.get().number


def test_connection_lost_before_commit_saves_nothing(
    client: APIClient, body: dict[str, Any], wire: Proxy
) -> None:
    answer = post(client, wire, Wire.CUT, body)

    assert answer.status_code == 503
    assert answer.json()["type"] == "/api/problems/#busy"
    assert "Nothing was saved" in answer.json()["detail"]
    assert not Order.objects.exists()


@pytest.mark.parametrize("mode", [Wire.COMMIT_UNANSWERED, Wire.COMMIT_LOST])
def test_cancellation_without_commit_answer_may_be_repeated(
    client: APIClient, body: dict[str, Any], wire: Proxy, mode: Wire
) -> None:
    cancel = client.post(URL, body, format="json").json()["links"]["cancel"]

    lost = post(client, wire, mode, {}, cancel)
    again = client.post(cancel, {}, format="json")

    assert lost.json()["type"] == "/api/problems/#outcome-unknown"
    assert lost["Retry-After"] == "2"
    assert again.json()["status"] == "cancelled"


def test_failure_after_commit_does_not_claim_that_nothing_was_saved(
    client: APIClient, body: dict[str, Any], wire: Proxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    cancel = client.post(URL, body, format="json").json()["links"]["cancel"]

    def away(*_: Any) -> None:
        raise OperationalError("the server is gone")

    monkeypatch.setattr("orders.serializers.FollowedOrderSerializer.get_settled", away)
    lost = client.post(cancel, {}, format="json")

    assert Order.objects.get().state == "cancelled"
    assert lost.json()["type"] == "/api/problems/#outcome-unknown"
