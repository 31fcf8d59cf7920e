"""One recipient gets so many orders, whoever asks for them and however they write the address."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connections
from rest_framework.test import APIClient

from orders.models import Order
from shop.budgets import Rate
from shop.models import Spending
from shop.spending import forget_spent

URL = "/api/v1/checkout/"


@pytest.fixture(autouse=True)
def three(settings: Any) -> None:
    settings.BUDGETS = settings.BUDGETS | {"CHECKOUTS_PER_RECIPIENT": Rate(3, 3600)}


@pytest.mark.django_db
def test_recipient_above_budget_is_refused(client: APIClient, body: dict[str, Any]) -> None:
    for written in ("ada@example.com", "ADA@example.com", "ada+1@Example.com"):
        answer = client.post(URL, body | {"email": written}, format="json")
        assert answer.status_code == 201, answer.json()

    refused = client.post(URL, body, format="json")

    assert refused.status_code == 429
    assert refused["Content-Type"] == "application/problem+json"
    assert refused.json()["type"] == "/api/problems/#too-many-requests"
    assert 1190 < int(refused["Retry-After"]) <= 1200
    assert Order.objects.count() == 3
    assert client.post(URL, body | {"email": "b@example.com"}, format="json").status_code == 201


@pytest.mark.django_db
def test_addresses_that_differ_by_ignored_dots_share_a_budget(
    client: APIClient, body: dict[str, Any]
) -> None:
    def order(email: str) -> int:
        return client.post(URL, body | {"email": email}, format="json").status_code

    for written in ("ada.l@gmail.com", "a.d.a.l@gmail.com", "adal+x@googlemail.com"):
        assert order(written) == 201

    assert order("a.dal@gmail.com") == 429
    assert [order(f"{name}@example.com") for name in ("a.b", "ab", "a.b", "ab")] == [201] * 4


@pytest.mark.django_db
def test_repeats_and_refused_orders_use_no_budget(client: APIClient, body: dict[str, Any]) -> None:
    for _ in range(5):
        key = {"Idempotency-Key": "one"}
        assert client.post(URL, body, format="json", headers=key).status_code == 201
        unknown = body | {"lines": [{"sku": "NONE", "quantity": 1}]}
        assert client.post(URL, unknown, format="json").status_code == 400

    assert client.post(URL, body, format="json").status_code == 201


@pytest.mark.django_db
def test_budget_stores_no_address(client: APIClient, body: dict[str, Any]) -> None:
    client.post(URL, body, format="json")

    # The @ as well: "ada" alone may stand in a hash.
    assert "ada@" not in repr(Spending.objects.values())
    Spending.objects.update(free_at=1.0)
    forget_spent()
    assert not Spending.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_parallel_orders_use_the_budget(catalogue: Any, body: dict[str, Any]) -> None:
    def order(_number: int) -> int:
        try:
            return APIClient().post(URL, body, format="json").status_code
        finally:
            connections.close_all()

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(order, range(12)))

    assert sorted(answers) == [201] * 3 + [429] * 9
