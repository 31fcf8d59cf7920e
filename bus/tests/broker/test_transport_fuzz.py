"""Whatever is done to a message: it is refused, or a worker can do it."""

from collections import Counter
from random import Random
from types import SimpleNamespace
from typing import Any

import pytest
from celery import current_app
from celery.app.trace import trace_task_ret
from celery.worker.strategy import default as strategy
from kombu.serialization import prepare_accept_content
from kombu.transport.virtual import Channel
from kombu.utils.json import loads

from bus.broker.envelope import Malformed, inspect
from bus.tests.fuzz import damaged
from bus.tests.messages import EMBED, SWEEP, encoded, message, task  # noqa: F401 -- a fixture

pytestmark = pytest.mark.django_db(transaction=True)

ROUNDS = 3000


class Line:
    """A message on Celery's own way from the transport to the end of its task; no processes."""

    def __init__(self) -> None:
        self.app = current_app._get_current_object()
        self.ended: list[Any] = []

    def run(self, item: bytes) -> None:
        channel = Channel.__new__(Channel)
        received = Channel.Message(loads(item.decode()), channel=channel)
        received.accept = prepare_accept_content(["json"])
        work = self.app.tasks[received.headers["task"]]
        take = strategy(work, self.app, self.consumer())
        take(received, None, None, None, [])

    def consumer(self) -> Any:
        return SimpleNamespace(
            hostname="desk@here",
            connection_errors=(),
            event_dispatcher=SimpleNamespace(enabled=True, send=lambda *_, **fields: None),
            timer=SimpleNamespace(call_at=None),
            apply_eta_task=None,
            disable_rate_limits=True,
            task_buckets={},
            on_task_request=lambda request: request.execute_using_pool(self),
            _limit_task=None,
            _limit_post_eta=None,
            pool=self,
            controller=SimpleNamespace(state=SimpleNamespace(revoked=set())),
        )

    def apply_async(self, _trace: Any, args: Any, **options: Any) -> None:
        """What the pool would get: done here and now."""
        work = self.app.tasks[args[0]]
        assert options["timeout"] == work.time_limit
        assert options["soft_timeout"] == work.soft_time_limit
        failed, result, _runtime = trace_task_ret(*args, app=self.app)
        assert not failed, result
        self.ended.append(args[1])


@pytest.mark.parametrize("seed", range(3))
def test_message_that_passes_inspection_can_be_handled(seed: int) -> None:
    random, line = Random(seed), Line()
    good = [message(), message([[], {}, EMBED], headers={"task": SWEEP, "timelimit": [60, 45]})]
    fates: Counter[str] = Counter()

    for round_ in range(ROUNDS):
        item = damaged(random, good[round_ % 2])
        try:
            passed = inspect(item, "desk")
        except Malformed:
            fates["refused"] += 1
            continue
        line.run(passed)
        fates["done"] += 1

    assert len(line.ended) == fates["done"] > ROUNDS / 20
    assert fates["refused"] > ROUNDS / 2


def test_fuzzed_channel_accepts_good_and_reports_bad_messages() -> None:
    line = Line()

    line.run(inspect(encoded(message()), "desk"))
    with pytest.raises(AssertionError):
        line.run(encoded(message([["rm -rf"], {}, EMBED])))

    assert line.ended == ["1"]
