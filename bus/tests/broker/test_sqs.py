"""SQS, for which ministack stands in: what the relay sends, what a worker receives, and what is put
aside."""

from typing import Any

import pytest
from celery import current_app

from bus.broker import quarantine
from bus.broker.envelope import tickets_of
from bus.broker.message import Malformed
from bus.broker.quarantine import KEPT_OF_EACH, QUARANTINE
from bus.broker.sqs import Channel
from bus.models import RelayState, State
from bus.relay.loop import Relay
from bus.relay.messages import NotSent, Sender
from bus.testing import given
from bus.tests.conftest import Subscribed, delivery, happened, relayed, states
from bus.worker.registration import register
from tests.support.sqs import SqsServer
from tests.support.wait import wait_until

pytestmark = pytest.mark.django_db(transaction=True)

DESK = "tests_desk"
PUT_ASIDE = "tests_bus_quarantine"


def react(event: Any) -> None: ...


def test_batch_is_one_message_in_the_projects_own_queue(
    subscribed: Subscribed, sqs: SqsServer
) -> None:
    subscribed(react, batch=2)
    given(*happened(1, 2, 3))
    batches = relayed()

    Sender().send(batches)

    sent = [tickets_of(message["Body"].encode()) for message in sqs.taken(DESK)]
    assert sorted(sent) == sorted([(pk, token) for pk, token in batch.tickets] for batch in batches)


def test_more_messages_than_one_request_may_have_are_all_sent(
    subscribed: Subscribed, sqs: SqsServer
) -> None:
    subscribed(react, batch=1)
    given(*happened(*range(23)))

    Sender().send(relayed())

    assert sqs.depth(DESK) == 23


def test_deliveries_of_a_refused_entry_are_due_again(
    subscribed: Subscribed, sqs: SqsServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    subscribed(react, batch=1)
    given(*happened(1, 2))
    batches = relayed()
    sender = Sender()
    sender.send_task("bus.release", "desk")
    monkeypatch.setattr(Channel, "sqs", lambda _channel, **_: OneRefused())

    with pytest.raises(NotSent) as refusal:
        sender.send(batches)

    assert str(refusal.value.__cause__) == "desk: InternalError"
    assert states() == {"1": State.WAITING, "2": State.WAITING}
    assert (delivery(1).token, delivery(1).attempts) == (2, 0)


class OneRefused:
    """A client to which SQS answers that it has taken the first message, and not the second."""

    def send_message_batch(self, **_request: Any) -> dict[str, Any]:
        return {"Successful": [{"Id": "0"}], "Failed": [{"Id": "1", "Code": "InternalError"}]}


def test_queue_that_is_gone_is_declared_anew(subscribed: Subscribed, sqs: SqsServer) -> None:
    subscribed(react)
    register("desk")
    relay = Relay()
    given(*happened(1))
    relay.step()
    sqs.client().delete_queue(QueueUrl=sqs.queues()[DESK])
    given(*happened(2))

    def told() -> str:
        relay.step()
        return RelayState.objects.get().broker_error

    wait_until(lambda: "QueueDoesNotExist: the broker refuses" in told(), 10, "the refusal is told")
    wait_until(lambda: not told() and sqs.depth(DESK) == 1, 10, "it is sent")
    relay.sender.close()


@pytest.mark.parametrize(
    ("queue", "kept", "hidden"), [(DESK, "600", "20"), (PUT_ASIDE, "1209600", "20")]
)
def test_messages_are_kept_as_long_as_they_are_of_use(
    sqs: SqsServer, queue: str, kept: str, hidden: str
) -> None:
    sender = Sender()
    sender.send_task("bus.release", "desk")
    sender.check()

    attributes = sqs.client().get_queue_attributes(
        QueueUrl=sqs.queues()[queue], AttributeNames=["All"]
    )["Attributes"]

    assert (attributes["MessageRetentionPeriod"], attributes["VisibilityTimeout"]) == (kept, hidden)


def test_quarantine_shows_and_drops_what_was_put_aside(sqs: SqsServer) -> None:
    with current_app.connection_for_read() as connection:
        for item in (b"first", b"\xff" * 2 * KEPT_OF_EACH, *[b"%d" % at for at in range(10)]):
            connection.default_channel.quarantine("desk", item, Malformed("odd"))

    shown = quarantine.read()

    assert shown.count == 12
    assert shown.size == KEPT_OF_EACH + len("first0123456789")
    first = next(one for one in shown.messages if one.text == "first")
    assert quarantine.drop({first.mark}) == 1
    assert quarantine.read().count == 11
    assert quarantine.drop() == 11
    assert quarantine.read().count == 0


def test_two_projects_have_queues_of_their_own(sqs: SqsServer, settings: Any) -> None:
    for prefix in ("one:", "other:"):
        settings.BUS_KEY_PREFIX = prefix
        Sender().send_task("bus.release", "desk")

    assert set(sqs.queues()) == {"one_desk", "other_desk"}
    assert QUARANTINE not in sqs.queues()
