"""The paths of docs/architecture.md: a traced order takes each step of them, and no other file."""

import json
import re
import sys
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from types import FrameType
from typing import Any

import pytest
import redis
from celery import current_app
from django.db import connection
from django.db.models.functions import Now
from kombu import Consumer, Queue
from rest_framework.test import APIClient

from bus.models import Subscription
from bus.relay.loop import Relay
from bus.testing import settle
from bus.tests.conftest import broker  # noqa: F401 -- a fixture
from bus.worker.consumer import Consumer as BusConsumer
from bus.worker.registration import register
from inventory.services import receive_stock
from shop.models import Product
from tests.support.mail_server import MailServer

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs/architecture.md").read_text()
STEP = re.compile(r"`([a-z_/0-9]+\.py):([A-Za-z_.]+)`")
NUMBERED = re.compile(r"^\d+\. .*", re.MULTILINE)
ROW = re.compile(r"^\| `.*", re.MULTILINE)
COUNT = re.compile(r"(\d+) files")
OTHER = {"postgresql": "bus/store/sqlite.py", "sqlite": "bus/store/postgresql.py"}

Step = tuple[str, str]
"""A file of the repository and a function in it, as the page writes them."""

pytestmark = pytest.mark.django_db(transaction=True)


class Trace:
    """What of ours is called, and what is on the stack at one moment."""

    def __init__(self, moment: Callable[[FrameType], bool]) -> None:
        self.called: list[Step] = []
        self.stack: list[Step] = []
        self._moment = moment

    def __enter__(self) -> "Trace":
        sys.setprofile(self._see)
        return self

    def __exit__(self, *_: object) -> None:
        sys.setprofile(None)

    def _see(self, frame: FrameType, event: str, _arg: object) -> None:
        if event != "call":
            return
        if step := _step(frame):
            self.called.append(step)
        if not self.stack and self._moment(frame):
            one: FrameType | None = frame
            while one is not None:
                if step := _step(one):
                    self.stack.insert(0, step)
                one = one.f_back


def _step(frame: FrameType) -> Step | None:
    file = frame.f_code.co_filename
    if not file.startswith(f"{ROOT}/") or "/tests/" in file or ".venv" in file:
        return None
    return file.removeprefix(f"{ROOT}/"), frame.f_code.co_qualname.partition(".<locals>")[0]


def executes(words: str) -> Callable[[FrameType], bool]:
    """The moment at which such a statement goes to the database."""

    def moment(frame: FrameType) -> bool:
        if frame.f_code.co_qualname not in ("CursorWrapper.execute", "CursorDebugWrapper.execute"):
            return False
        return words in str(frame.f_locals["sql"])

    return moment


def hands_over_mail(frame: FrameType) -> bool:
    """The moment at which the mail server gets a mail."""
    return frame.f_code.co_qualname == "SMTP.sendmail"


def sends(frame: FrameType) -> bool:
    """The moment at which kombu gets a message."""
    return frame.f_code.co_qualname == "Producer.publish"


def section(title: str) -> str:
    return PAGE.split(f"### {title}\n")[1].split("\n## ")[0].split("\n### ")[0]


def path(title: str) -> tuple[list[Step], int]:
    """The numbered steps of a section, and the number of files that it gives."""
    found = steps_of("\n".join(NUMBERED.findall(section(title))))
    count = COUNT.search(section(title))
    assert count, f"{title} gives no number of files"
    return found, int(count[1])


def steps_of(text: str) -> list[Step]:
    """The steps that a text names, in their order, without those of the other database."""
    return [step for step in STEP.findall(text) if step[0] != OTHER[connection.vendor]]


def assert_in_order(steps: list[Step], trace: Trace) -> None:
    rest = iter(trace.called)
    for step in steps:
        assert step in rest, f"{step} was not called, or not after the one before"


def assert_taken(title: str, trace: Trace) -> None:
    steps, count = path(title)
    assert len({file for file, _function in steps}) == count
    assert_in_order(steps, trace)
    entry = next(step for step in trace.stack if step in steps)
    hidden = trace.stack[trace.stack.index(entry) :]
    private = [step for step in hidden if step[1].rpartition(".")[2].startswith("_")]
    assert {file for file, _function in private} <= {file for file, _function in steps}
    assert {step for step in hidden if step not in private} <= set(steps)


@pytest.fixture
def check_out(mug: Product) -> Callable[[], None]:
    """Place an order over REST."""
    register()
    client = APIClient()
    body = {
        "email": "ada@example.com",
        "name": "Ada Lovelace",
        "shipping_address": {
            "line1": "12 Road", "postal_code": "10115", "city": "Berlin", "country": "DE"
        },
        "lines": [{"sku": mug.sku, "quantity": 1}],
    }  # fmt: skip
    keys = iter("abc")

    def placed() -> None:
        headers = {"Idempotency-Key": next(keys)}
        answer = client.post("/api/v1/checkout/", body, format="json", headers=headers)
        assert answer.status_code == 201, answer.content

    return placed


@pytest.fixture
def mug() -> Product:
    receive_stock("MUG", 10, "delivered")
    return Product.objects.create(sku="MUG", name="Blue mug", unit_price=Decimal("12.00"))


def test_checkout_takes_the_path_of_the_page(check_out: Callable[[], None], settings: Any) -> None:
    settings.BUS_PERSONAL_KEYS = ["a" * 50]
    with Trace(executes("INTO bus_outbox")) as trace:
        check_out()

    assert_taken("From the checkout to the outbox", trace)


def test_relay_takes_the_path_of_the_page(
    check_out: Callable[[], None],
    broker: redis.Redis,  # noqa: F811 -- the fixture
) -> None:
    check_out()
    with Trace(sends) as trace:
        Relay().step()

    assert_taken("From the outbox to Redis", trace)


@pytest.fixture
def consume(broker: redis.Redis) -> Callable[[], int]:  # noqa: F811 -- the fixture
    """Send what is due, and run one message of the stock; returns how many deliveries it had."""
    got: list[Any] = []

    class Strategies(dict[str, Any]):  # each task is run here and now, and by no pool
        def __missing__(self, name: str) -> Callable[..., None]:
            def run(received: Any, *_: Any) -> None:
                got.append(json.loads(received.body))
                current_app.tasks[name].apply(args=got[-1][0])
                received.ack()

            return run

    worker = BusConsumer.__new__(BusConsumer)
    worker.__dict__ |= {"strategies": Strategies(), "on_task_message": set(),
                        "_maximum_prefetch_restored": True}  # fmt: skip

    def consumed() -> int:
        Relay().step()
        queue = Queue("inventory", routing_key="inventory")
        with (
            current_app.connection_for_read() as source,
            Consumer(source, [queue], on_message=worker.create_task_handler(), accept=["json"]),
        ):
            while not got:
                source.drain_events(timeout=10)
        return len(got[0][0][0])

    return consumed


def test_worker_takes_the_path_of_the_page(
    check_out: Callable[[], None], consume: Callable[[], int]
) -> None:
    check_out()
    check_out()
    with Trace(executes("SET state = 'done'")) as trace:
        assert consume() == 2

    assert_taken("From the message to done", trace)


def test_lone_delivery_takes_the_shorter_path_of_the_page(
    check_out: Callable[[], None], consume: Callable[[], int]
) -> None:
    (shorter,) = (part for part in PAGE.split("\n\n") if part.startswith("If only one delivery"))
    check_out()
    with Trace(executes("SET state = 'done'")) as trace:
        assert consume() == 1

    assert_in_order([*steps_of(shorter), ("inventory/tasks.py", "reserve_stock")], trace)
    ledger = "bus/store/attempts.py"
    assert not {(ledger, "lock_owned"), (ledger, "finish_owned")} & set(trace.called)


def test_order_takes_the_path_of_the_page_to_its_mail(
    check_out: Callable[[], None], mail_server: MailServer
) -> None:
    title = "From the order to the mail"
    check_out()
    on_the_way = ["inventory", "orders", "notifications"]
    Subscription.objects.exclude(queue__name__in=on_the_way).update(paused_at=Now())
    with Trace(hands_over_mail) as trace:
        settle()

    assert len(mail_server.mails) == 1
    assert_in_order(steps_of("\n".join(ROW.findall(section(title)))), trace)
    assert_taken(title, trace)
