"""Thousands of damaged messages at once: each worker does the next good one all the same."""

from pathlib import Path
from random import Random

import pytest
import redis

from bus.broker.quarantine import KEPT_OF_EACH, MOST_KEPT, QUARANTINE
from bus.tests.fuzz import damaged
from bus.tests.messages import encoded, message
from tests.live.shop import Shop

pytestmark = [pytest.mark.live, pytest.mark.sqlite, pytest.mark.timeout(300)]

SEED = 1
MESSAGES = 2000
BROADCASTS = 300
DONE_WITHIN = 90
LONGEST_LINE = 2000


@pytest.fixture
def broker(shop: Shop) -> redis.Redis:
    return redis.Redis.from_url((shop.folder / "redis.url").read_text().strip())


def processes(shop: Shop) -> dict[str, str]:
    """The process ids by the names of the processes."""
    return {file.name: file.read_text() for file in Path(shop.folder, "run").glob("*.pid")}


def test_damaged_messages_end_no_worker_and_are_quarantined(
    shop: Shop, broker: redis.Redis
) -> None:
    random, before, said = Random(SEED), processes(shop), len(shop.said)
    good = message(headers={"task": "billing.tasks.issue_invoice"})

    pipe = broker.pipeline(transaction=False)
    for _ in range(MESSAGES):
        pipe.lpush("billing", damaged(random, good))
    pipe.execute()
    shop.wait_for(lambda: not broker.exists("billing", "unacked"), DONE_WITHIN)

    assert shop.wait_until_settled(shop.place_order(), 30)["billing"] == {"done"}
    assert processes(shop) == before
    assert broker.llen(QUARANTINE) == MOST_KEPT
    assert max(map(len, broker.lrange(QUARANTINE, 0, -1))) <= KEPT_OF_EACH
    assert not broker.exists("unacked_index")
    lines = shop.said[said:].splitlines()
    assert not [line for line in lines if "Traceback" in line]
    assert max(map(len, lines)) < LONGEST_LINE


def test_damaged_broadcasts_end_no_worker(shop: Shop, broker: redis.Redis) -> None:
    random, before = Random(SEED), processes(shop)
    question = message({"method": "ping", "arguments": {}}, headers={"clock": 1})
    sign = message(
        {"type": "worker-heartbeat", "hostname": "desk@there", "clock": 1, "timestamp": 1.0},
        properties={"delivery_info": {"exchange": "celeryev", "routing_key": "worker.heartbeat"}},
    )

    for _ in range(BROADCASTS):
        broker.publish("/0.celery.pidbox", damaged(random, question))
        broker.publish("/0.celeryev/worker.heartbeat", damaged(random, sign))
    broker.publish("/0.celery.pidbox", encoded(question))

    states = shop.wait_until_settled(shop.place_order(), 60)
    assert set.union(*states.values()) == {"done"}
    assert processes(shop) == before
