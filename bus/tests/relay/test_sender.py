"""Claimed deliveries become messages in a real Redis, and Redis may lose them."""

import base64
import json
from typing import Any

import pytest
import redis
from kombu import Producer

from bus.broker import server as the_broker
from bus.broker.rabbitmq import Unroutable
from bus.broker.sqs import Refused
from bus.models import Delivery, RelayState, State
from bus.relay.epoch import Epoch
from bus.relay.loop import Relay
from bus.relay.messages import NotSent, Sender
from bus.testing import given
from bus.tests.conftest import Happened, Subscribed, delivery, happened, make_due, relayed, states
from bus.tests.messages import passed
from bus.worker.registration import register
from tests.support import servers

pytestmark = pytest.mark.django_db(transaction=True)

NOWHERE = "redis://127.0.0.1:1/0"


def react(event: Happened) -> None: ...


def messages(broker: redis.Redis) -> list[bytes]:
    newest_first: list[Any] = broker.lrange("desk", 0, -1)
    return newest_first[::-1]


def arguments(message: bytes) -> Any:
    return json.loads(base64.b64decode(json.loads(message)["body"]))[0]


def test_batch_is_one_message_of_ids_and_tokens(
    subscribed: Subscribed, broker: redis.Redis
) -> None:
    subscribed(react, batch=2)
    given(*happened(1, 2, 3))
    batches = relayed()

    Sender().send(batches)

    sent = messages(broker)
    assert [arguments(message) for message in sent] == [
        [[list(ticket) for ticket in batch.tickets]] for batch in batches
    ]
    for message in sent:
        passed(message)


def test_broker_receives_no_personal_data(subscribed: Subscribed, broker: redis.Redis) -> None:
    subscribed(react)
    given(Happened(about="SO-7", who="Grace Hopper"))

    Sender().send(relayed())

    (message,) = messages(broker)
    body = base64.b64decode(json.loads(message)["body"])
    for private in (b"Grace", b"Hopper", b"SO-7"):
        assert private not in message
        assert private not in body


def test_deliveries_refused_by_broker_are_due_again(
    subscribed: Subscribed, broker: redis.Redis, settings: Any
) -> None:
    from celery import current_app

    subscribed(react)
    given(*happened(1, 2))
    batches = relayed()
    current_app.conf.broker_url = NOWHERE

    with pytest.raises(NotSent):
        Sender().send(batches)

    assert states() == {"1": State.WAITING, "2": State.WAITING}
    assert (delivery(1).token, delivery(1).attempts) == (2, 0)


def test_relay_fans_out_and_reports_while_broker_is_down(
    subscribed: Subscribed, broker: redis.Redis, settings: Any
) -> None:
    settings.BUS_REDIS_URL = NOWHERE
    subscribed(react)
    register("desk")
    given(*happened(1))

    assert Relay().step() == 1

    assert states() == {"1": State.WAITING}
    assert "the broker does not answer" in RelayState.objects.get().broker_error


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (Unroutable("there is no queue desk"), "Unroutable: the broker refuses"),
        (Refused("desk: InternalError"), "Refused: the broker refuses"),
        (redis.ConnectionError(), "ConnectionError: the broker does not answer"),
        (TypeError("of our own"), "TypeError: sending failed, and no broker is the cause"),
    ],
)
def test_relay_says_who_kept_a_message_from_being_sent(
    subscribed: Subscribed,
    broker: redis.Redis,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    error: Exception,
    told: str,
) -> None:
    def refuse(*_: Any, **__: Any) -> None:
        raise error

    subscribed(react)
    register("desk")
    given(*happened(1))
    monkeypatch.setattr(Producer, "publish", refuse)

    Relay().step()

    assert RelayState.objects.get().broker_error == told
    assert any(record.exc_info for record in caplog.records) == isinstance(error, TypeError)


def test_relay_moves_event_from_outbox_to_broker(
    subscribed: Subscribed, broker: redis.Redis
) -> None:
    subscribed(react)
    register("desk")
    given(*happened(1))
    relay = Relay()

    assert relay.step() == 2
    assert relay.step() == 0

    assert states() == {"1": State.SENT}
    assert len(messages(broker)) == 1
    state = RelayState.objects.get()
    assert (state.broker_error, state.looked_at is None) == ("", False)
    relay.sender.close()


def test_flushed_broker_gets_everything_again(subscribed: Subscribed, broker: redis.Redis) -> None:
    subscribed(react)
    register("desk")
    given(*happened(1, 2, 3))
    relay = Relay()
    relay.step()
    Delivery.objects.filter(stream="2").update(state=State.RUNNING)
    (lost,) = messages(broker)

    broker.flushall()
    relay.step()
    make_due()
    relay.step()

    (message,) = messages(broker)
    again = dict(arguments(message)[0])
    assert again == {pk: token + 1 for pk, token in arguments(lost)[0] if pk != delivery(2).pk}
    assert delivery(2).state == State.RUNNING
    relay.sender.close()


def test_broker_with_current_epoch_is_left_alone(
    subscribed: Subscribed, broker: redis.Redis
) -> None:
    subscribed(react)
    given(*happened(1))
    epoch = Epoch()
    epoch.check()
    relayed()

    epoch.check()
    Epoch().check()

    assert states() == {"1": State.SENT}


def test_outdated_epoch_makes_sent_deliveries_due(
    subscribed: Subscribed, broker: redis.Redis
) -> None:
    subscribed(react)
    given(*happened(1))
    Epoch().check()
    relayed()
    broker.set(the_broker.EPOCH_KEY, "from a backup of last week")

    Epoch().check()

    assert states() == {"1": State.WAITING}
    assert broker.get(the_broker.EPOCH_KEY) == RelayState.objects.get().epoch.encode()


def test_epoch_key_with_other_content_is_overwritten(broker: redis.Redis) -> None:
    broker.lpush(the_broker.EPOCH_KEY, "what is this?")

    Epoch().check()

    assert broker.get(the_broker.EPOCH_KEY) == RelayState.objects.get().epoch.encode()


def test_second_relay_finds_new_epoch_and_resends_nothing(
    subscribed: Subscribed, broker: redis.Redis
) -> None:
    first, second = Epoch(), Epoch()
    first.check()
    second.check()
    subscribed(react)
    given(*happened(1))
    broker.flushall()
    first.check()
    relayed()

    second.check()

    assert states() == {"1": State.SENT}


def test_redis_that_evicts_is_refused(settings: Any) -> None:
    with servers.redis() as url, redis.Redis.from_url(url) as client:
        settings.BUS_REDIS_URL = url
        the_broker.check()
        client.config_set("maxmemory-policy", "allkeys-lru")

        with pytest.raises(the_broker.UnsuitableBroker, match="Set maxmemory-policy noeviction"):
            the_broker.check()


def test_missing_broker_is_refused_with_its_setting(settings: Any) -> None:
    settings.BUS_REDIS_URL = ""

    with pytest.raises(the_broker.UnsuitableBroker, match="Set REDIS_URL"):
        the_broker.check()


def test_relay_starts_while_broker_is_down(settings: Any) -> None:
    settings.BUS_REDIS_URL = NOWHERE

    the_broker.check()
