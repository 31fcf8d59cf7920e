"""Whatever is done to a message: it is quarantined, or a worker can do it."""

from collections import Counter
from random import Random
from types import SimpleNamespace
from typing import Any

import pytest
from celery import current_app
from celery.app.trace import trace_task_ret
from kombu.serialization import prepare_accept_content
from kombu.transport.virtual import Channel
from kombu.utils.json import loads

from bus.broker.envelope import rewrite
from bus.broker.message import Malformed
from bus.tests.fuzz import damaged
from bus.tests.messages import EMBED, SWEEP, encoded, message, task  # noqa: F401 -- a fixture
from bus.worker.consumer import Consumer

pytestmark = pytest.mark.django_db(transaction=True)

ROUNDS = 3000


class Wire(Channel):
    """What a message has come from: notes what is acknowledged, and what is put aside."""

    no_ack_consumers = None

    def __init__(self) -> None:
        self.acknowledged: list[str] = []
        self.quarantined: list[tuple[str, bytes]] = []

    def basic_ack(self, delivery_tag: str, multiple: bool = False) -> None:
        self.acknowledged.append(delivery_tag)

    def quarantine(self, where: str, item: bytes, _error: Malformed) -> None:
        self.quarantined.append((where, item))


class Line:
    """A message on Celery's own way from the transport to the end of its task; no processes."""

    def __init__(self) -> None:
        self.app = current_app._get_current_object()
        self.ended: list[Any] = []
        self.wire = Wire()
        self.consumer = Consumer.__new__(Consumer)
        self.consumer.__dict__ |= {
            "app": self.app,
            "hostname": "desk@here",
            "hub": None,
            "connection_errors": (),
            "event_dispatcher": SimpleNamespace(enabled=True, send=lambda *_, **fields: None),
            "timer": SimpleNamespace(call_at=None),
            "disable_rate_limits": True,
            "task_buckets": {},
            "on_task_request": lambda request: request.execute_using_pool(self),
            "on_task_message": set(),
            "pool": self,
            "controller": SimpleNamespace(state=SimpleNamespace(revoked=set())),
            "strategies": {},
            "_maximum_prefetch_restored": True,
        }
        self.consumer.update_strategies()
        self.handle = self.consumer.create_task_handler()

    def run(self, item: bytes) -> None:
        received = Channel.Message(loads(item.decode()), channel=self.wire)
        received.accept = prepare_accept_content(["json"])
        self.handle(received)

    def apply_async(self, _trace: Any, args: Any, **options: Any) -> None:
        """What the pool would get: done here and now."""
        work = self.app.tasks[args[0]]
        assert options["timeout"] == work.time_limit
        assert options["soft_timeout"] == work.soft_time_limit
        failed, result, _runtime = trace_task_ret(*args, app=self.app)
        assert not failed, result
        self.ended.append(args[1])


@pytest.mark.parametrize("seed", range(3))
def test_damaged_message_is_quarantined_or_handled(seed: int) -> None:
    random, line = Random(seed), Line()
    good = [message(), message([[], {}, EMBED], headers={"task": SWEEP, "timelimit": [60, 45]})]
    fates: Counter[str] = Counter()

    for round_ in range(ROUNDS):
        try:
            passed = rewrite(damaged(random, good[round_ % 2]), "desk")
        except Malformed:
            fates["unreadable"] += 1
            continue
        line.run(passed)
        fates["received"] += 1

    assert len(line.ended) + len(line.wire.quarantined) == fates["received"]
    assert len(line.ended) > ROUNDS / 20
    assert len(line.wire.quarantined) > ROUNDS / 20
    assert fates["unreadable"] > ROUNDS / 5


def test_malformed_message_is_put_aside_and_acknowledged() -> None:
    line = Line()

    line.run(rewrite(encoded(message([["rm -rf"], {}, EMBED])), "desk"))

    assert line.ended == []
    [(queue, item)] = line.wire.quarantined
    assert queue == "desk"
    assert b"rm -rf" in item
    assert b"react_to_message" in item
    assert len(line.wire.acknowledged) == 1


def test_what_cannot_be_unpacked_is_put_aside_and_acknowledged() -> None:
    line = Line()
    received = Channel.Message(message(), channel=line.wire)

    line.consumer.on_decode_error(received, ValueError("Grace Hopper"))

    assert len(line.wire.quarantined) == len(line.wire.acknowledged) == 1


def test_good_message_is_handled() -> None:
    line = Line()

    line.run(rewrite(encoded(message()), "desk"))

    assert (line.ended, line.wire.quarantined) == (["1"], [])
