"""What a worker receives from SQS, for which ministack stands in, whatever fails meanwhile."""

import json
import threading
from base64 import b64decode, b64encode
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from celery import current_app
from kombu import Consumer
from kombu.asynchronous import Hub, set_event_loop

from bus.broker import address
from bus.broker.quarantine import KEPT_OF_EACH
from bus.relay.messages import Sender
from bus.testing import given
from bus.tests.broker.usage import used
from bus.tests.conftest import Subscribed, happened, relayed
from tests.support.proxy import Proxy, Wire
from tests.support.sqs import SqsServer
from tests.support.wait import wait_until

pytestmark = pytest.mark.django_db(transaction=True)

DESK = "tests_desk"
PUT_ASIDE = "tests_bus_quarantine"


def react(event: Any) -> None: ...


@contextmanager
def consuming(got: list[Any]) -> Iterator[None]:
    """A consumer of the queue, polled by a loop of its own as a worker's is; it acknowledges."""
    hub = Hub()
    set_event_loop(hub)
    stop = threading.Event()

    def turn() -> None:
        loop = hub.create_loop()
        while not stop.is_set():
            next(loop)

    def take(message: Any) -> None:
        got.append(message)
        message.ack()

    try:
        with current_app.connection_for_read() as connection:
            desk = address.queue("desk")(connection.default_channel)
            desk.declare()
            hub.call_repeatedly(0.1, lambda: None)
            with Consumer(connection, [desk], on_message=take):
                thread = threading.Thread(target=turn)
                thread.start()
                try:
                    yield
                finally:
                    stop.set()
                    thread.join(30)
    finally:
        set_event_loop(None)
        hub.close()


def test_worker_receives_what_the_relay_has_sent(subscribed: Subscribed, sqs: SqsServer) -> None:
    subscribed(react, batch=2)
    given(*happened(1, 2, 3))
    batches = relayed()
    got: list[Any] = []

    with consuming(got):
        Sender().send(batches)
        wait_until(lambda: len(got) == len(batches), 20, "all are received")

    assert sorted(json.loads(message.body)[0][0] for message in got) == sorted(
        [list(ticket) for ticket in batch.tickets] for batch in batches
    )
    assert sqs.depth(DESK) == 0


@pytest.mark.parametrize("wire", [Wire.REFUSED, Wire.CUT])
def test_worker_polls_on_after_requests_have_failed(
    subscribed: Subscribed, sqs: SqsServer, settings: Any, wire: Wire
) -> None:
    subscribed(react, batch=1)
    proxy = Proxy(sqs.port)
    got: list[Any] = []
    with used(settings, sqs.url(proxy.port)), consuming(got):
        Sender().send(relayed_one(1))
        wait_until(lambda: len(got) == 1, 20, "the first is received")
        proxy.set(wire)
        proxy.reset()
        # Longer than SQS's side of a cut request lasts: it would hide the next message.
        threading.Event().wait(1.5)
        proxy.set(Wire.FINE)

        Sender().send(relayed_one(2))

        wait_until(lambda: len(got) == 2, 20, "the second is received")


def test_worker_polls_on_after_a_refusal(subscribed: Subscribed, sqs: SqsServer) -> None:
    subscribed(react, batch=1)
    got: list[Any] = []
    with consuming(got):
        Sender().send(relayed_one(1))
        wait_until(lambda: len(got) == 1, 20, "the first is received")
        sqs.client().delete_queue(QueueUrl=sqs.queues()[DESK])
        threading.Event().wait(1.5)

        Sender().send(relayed_one(2))

        wait_until(lambda: len(got) == 2, 20, "the second is received")


def relayed_one(number: int) -> Any:
    given(*happened(number))
    return relayed()


def test_malformed_messages_are_put_aside_and_good_ones_received(
    subscribed: Subscribed, sqs: SqsServer, quarantined: Counter[str]
) -> None:
    subscribed(react, batch=1)
    Sender().send_task("bus.release", "desk")
    list(sqs.taken(DESK))
    odd = ["{", "null", "[" * 100_000, '{"body": ' + "9" * 10_000 + "}", b64encode(b"{}").decode()]
    sqs.publish(DESK, *odd, '{"specversion": "1.0", "id": "1"}')
    got: list[Any] = []

    with consuming(got):
        Sender().send(relayed_one(1))
        wait_until(lambda: len(got) == 1 and sqs.depth(PUT_ASIDE) == 6, 30, "all are received")

    assert sqs.depth(DESK) == 0
    kept = sorted(b64decode(message["Body"]) for message in sqs.taken(PUT_ASIDE))
    assert kept[:3] == [b"[" * KEPT_OF_EACH, b"null", b"{"]
    assert quarantined == {"desk": 6}
