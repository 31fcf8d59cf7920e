"""The web server counts its answers, and how long its checkouts take."""

import asyncio
from typing import Any

import pytest
from prometheus_client import CollectorRegistry

from config.metrics import Measured


def answered(path: str, status: int, method: str = "POST") -> CollectorRegistry:
    """The metrics after one answer of this status."""
    registry = CollectorRegistry()
    sent: list[Any] = []

    async def application(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": status, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {"type": "http", "method": method, "path": path}
    asyncio.run(Measured(application, registry)(scope, None, send))  # type: ignore[arg-type]  # nothing is received
    assert [message["type"] for message in sent] == ["http.response.start", "http.response.body"]
    return registry


@pytest.mark.parametrize(
    ("path", "status", "outcome"),
    [
        ("/api/v1/checkout/", 201, "placed"),
        ("/checkout/", 302, "placed"),
        ("/checkout/", 422, "refused"),
        ("/api/v1/checkout", 429, "refused"),
        ("/api/v1/checkout/", 503, "failed"),
    ],
)
def test_checkout_is_measured_by_its_outcome(path: str, status: int, outcome: str) -> None:
    found = answered(path, status)

    assert found.get_sample_value("shop_checkout_seconds_count", {"outcome": outcome}) == 1
    assert found.get_sample_value("shop_responses_total", {"status": f"{status // 100}xx"}) == 1


@pytest.mark.parametrize(("path", "method"), [("/checkout/", "GET"), ("/products/", "POST")])
def test_other_requests_are_no_checkouts(path: str, method: str) -> None:
    found = answered(path, 200, method)

    assert found.get_sample_value("shop_responses_total", {"status": "2xx"}) == 1
    assert found.get_sample_value("shop_checkout_seconds_count", {"outcome": "placed"}) == 0


def test_other_protocols_are_passed_on() -> None:
    passed: list[str] = []

    async def application(scope: Any, receive: Any, send: Any) -> None:
        passed.append(scope["type"])

    asyncio.run(Measured(application, CollectorRegistry())({"type": "lifespan"}, None, None))  # type: ignore[arg-type]  # neither is used

    assert passed == ["lifespan"]
