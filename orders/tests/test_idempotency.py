"""One order per Idempotency-Key, with real threads on the real database."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Event as Flag
from threading import Thread
from time import monotonic
from typing import Any

import pytest
from django.db import connections, transaction
from rest_framework.test import APIClient

from bus.models import Event
from orders.models import IdempotencyKey, Order
from orders.services import idempotency

pytestmark = pytest.mark.django_db(transaction=True)
URL = "/api/v1/checkout/"


def post(body: dict[str, Any], key: str) -> Any:
    """A checkout as a thread of the web server does it, with a connection of its own."""
    try:
        return APIClient().post(URL, body, format="json", headers={"Idempotency-Key": key})
    finally:
        connections.close_all()


def test_repeat_is_answered_with_same_order(body: dict[str, Any]) -> None:
    first, again = post(body, "k1"), post(body, "k1")

    assert (first.status_code, again.status_code) == (201, 201)
    assert again.json() == first.json()
    assert again["Location"] == first["Location"]
    assert again["Idempotent-Replayed"] == "true"
    assert "Idempotent-Replayed" not in first
    assert Order.objects.count() == Event.objects.count() == 1


def test_order_of_fields_does_not_change_the_body(body: dict[str, Any]) -> None:
    first = post(body, "k1")

    again = post(dict(reversed(body.items())), "k1")

    assert again.json()["id"] == first.json()["id"]


def test_another_body_with_same_key_is_refused(body: dict[str, Any]) -> None:
    post(body, "k1")

    answer = post(body | {"name": "Grace Hopper"}, "k1")

    assert answer.status_code == 422
    assert answer.json()["errors"][0]["header"] == "Idempotency-Key"
    assert Order.objects.count() == 1


def test_refused_request_stores_no_key(body: dict[str, Any]) -> None:
    wrong = body | {"lines": [{"sku": "NONE", "quantity": 1}]}

    assert post(wrong, "k1").status_code == 400

    assert not IdempotencyKey.objects.exists()
    assert post(body, "k1").status_code == 201


@pytest.mark.parametrize("key", ["", "x" * 256, "clé", "a\tb"])
def test_invalid_key_is_refused_by_name(body: dict[str, Any], key: str) -> None:
    answer = post(body, key)

    assert answer.status_code == 400
    assert answer.json()["errors"][0]["header"] == "Idempotency-Key"
    assert not Order.objects.exists()


def test_fifty_concurrent_checkouts_with_one_key_make_one_order(body: dict[str, Any]) -> None:
    with ThreadPoolExecutor(50) as pool:
        answers = list(pool.map(lambda _: post(body, "k1"), range(50)))

    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.json()["id"] for answer in answers}) == 1
    assert Order.objects.count() == Event.objects.count() == 1


@pytest.fixture
def first_runs(body: dict[str, Any]) -> Iterator[Callable[[], None]]:
    """A first request with the key k1 that is in the middle of its transaction until told."""
    claimed, finish = Flag(), Flag()

    def run() -> None:
        try:
            with transaction.atomic():
                APIClient().post(URL, body, format="json", headers={"Idempotency-Key": "k1"})
                claimed.set()
                finish.wait(10)
        finally:
            connections.close_all()

    thread = Thread(target=run)
    thread.start()
    assert claimed.wait(5)
    yield finish.set
    finish.set()
    thread.join()


def test_repeat_waits_for_the_first_and_returns_its_order(
    body: dict[str, Any], first_runs: Callable[[], None]
) -> None:
    with ThreadPoolExecutor(1) as pool:
        answer = pool.submit(post, body, "k1")
        first_runs()

    assert answer.result().status_code == 201
    assert answer.result()["Idempotent-Replayed"] == "true"
    assert Order.objects.count() == 1


@pytest.mark.postgres
def test_repeat_waits_two_seconds_at_most(
    body: dict[str, Any], first_runs: Callable[[], None]
) -> None:
    begun = monotonic()

    answer = post(body, "k1")

    assert answer.status_code == 409
    assert int(answer["Retry-After"]) > 0
    longest = idempotency.LONGEST_WAIT.total_seconds()
    assert longest * 0.9 <= monotonic() - begun < longest + 1
