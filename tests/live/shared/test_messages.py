"""Forged and malformed messages: they harm no worker and have no effect."""

import base64
import json
from typing import Any

import pytest
import redis

from bus.broker.quarantine import KEPT_OF_EACH, QUARANTINE
from tests.live.shop import Shop

pytestmark = [pytest.mark.live, pytest.mark.sqlite, pytest.mark.timeout(300)]

NONSENSE = {
    "not JSON": b"{",
    "not UTF-8": b"\xff\xfe\x00",
    "a list": b"[]",
    "nested deeply": b"[" * 100_000,
    "without a body": b'{"headers": {}, "properties": {}}',
}


def message(task: str, arguments: Any) -> bytes:
    """A message as the relay sends one, but for what it says."""
    body = json.dumps([[arguments], {}, {"callbacks": None, "errbacks": None}]).encode()
    return json.dumps(
        {
            "body": base64.b64encode(body).decode(),
            "content-type": "application/json",
            "content-encoding": "utf-8",
            "headers": {"id": "1", "task": task, "lang": "py"},
            "properties": {
                "delivery_tag": "1",
                "delivery_info": {"exchange": "", "routing_key": "billing"},
                "body_encoding": "base64",
            },
        }
    ).encode()


@pytest.fixture
def broker(shop: Shop) -> redis.Redis:
    return redis.Redis.from_url((shop.folder / "redis.url").read_text().strip())


@pytest.mark.parametrize("kind", NONSENSE)
def test_malformed_message_is_quarantined_and_worker_continues(
    shop: Shop, broker: redis.Redis, kind: str
) -> None:
    broker.delete(QUARANTINE)
    worker = (shop.folder / "run" / "worker-billing.pid").read_text()

    broker.lpush("billing", NONSENSE[kind])

    shop.wait_for(lambda: broker.llen(QUARANTINE) == 1, 10)
    assert broker.lindex(QUARANTINE, 0) == NONSENSE[kind][:KEPT_OF_EACH]
    states = shop.wait_until_settled(shop.place_order(), 30)
    assert states["billing"] == {"done"}
    assert (shop.folder / "run" / "worker-billing.pid").read_text() == worker


def test_message_for_unknown_task_is_quarantined(shop: Shop, broker: redis.Redis) -> None:
    broker.delete(QUARANTINE)

    broker.lpush("billing", message("os.system", "true"))

    shop.wait_for(lambda: broker.llen(QUARANTINE) == 1, 10)


def test_message_for_handler_of_another_release_is_released(
    shop: Shop, broker: redis.Redis
) -> None:
    broker.delete(QUARANTINE)
    said = len(shop.said)

    broker.lpush("billing", message("loyalty.tasks.grant_points", [[999_999_999, 1]]))

    shop.wait_for(lambda: "deliveries are released" in shop.said[said:], 10)
    assert broker.llen(QUARANTINE) == 0


@pytest.mark.parametrize(
    "tickets",
    [
        pytest.param([[999_999_999, 1]], id="a delivery that is not there"),
        pytest.param([[1, 0], [2, 0], [3, 0]], id="tokens of another time"),
    ],
)
def test_forged_message_has_no_effect_beyond_due_deliveries(
    shop: Shop, broker: redis.Redis, tickets: list[list[int]]
) -> None:
    order = shop.place_order()
    shop.wait_until_settled(order, 30)
    before, said = shop.look_at(order), len(shop.said)

    broker.lpush("billing", message("billing.tasks.issue_invoice", tickets))

    shop.wait_for(lambda: f"issue_invoice: {len(tickets)} stale" in shop.said[said:], 10)
    assert shop.look_at(order) == before
