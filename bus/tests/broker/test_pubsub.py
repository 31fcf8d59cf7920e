"""A Pub/Sub of the tests' own: what the relay sends is stored, or is due again."""

from datetime import timedelta
from signal import SIGCONT, SIGSTOP
from typing import Any

import pytest
from celery import current_app

from bus.broker import address, quarantine
from bus.broker.envelope import tickets_of
from bus.broker.message import Malformed
from bus.broker.quarantine import KEPT_OF_EACH
from bus.broker.service_error import ServiceError
from bus.models import RelayState, State
from bus.relay import loop
from bus.relay.loop import Relay
from bus.relay.messages import NotSent, Sender
from bus.testing import given
from bus.tests.conftest import Subscribed, delivery, happened, relayed, states
from bus.worker.registration import register
from tests.support.pubsub import PubsubServer
from tests.support.wait import wait_until

pytestmark = pytest.mark.django_db(transaction=True)


def react(event: Any) -> None: ...


def test_batch_is_one_stored_message_of_ids_and_tokens(
    subscribed: Subscribed, pubsub: PubsubServer
) -> None:
    subscribed(react, batch=2)
    given(*happened(1, 2, 3))
    batches = relayed()

    Sender().send(batches)

    stored = pubsub.stored("desk")
    assert [tickets_of(data) for data in stored] == [batch.tickets for batch in batches]


def test_subscription_lives_for_ever_and_its_messages_do_not(
    subscribed: Subscribed, pubsub: PubsubServer
) -> None:
    subscribed(react)
    given(*happened(1))
    Sender().send(relayed())

    (declared,) = pubsub.declared("desk")

    assert "expiration_policy" in declared
    assert not declared.expiration_policy.ttl
    assert declared.message_retention_duration == timedelta(minutes=10)
    assert declared.ack_deadline_seconds == 60


def test_deliveries_that_a_silent_service_does_not_store_are_due_again(
    subscribed: Subscribed, pubsub: PubsubServer
) -> None:
    subscribed(react, batch=1)
    given(*happened(1))
    sender = Sender()
    sender.send(relayed())
    given(*happened(2))
    batches = relayed()

    pubsub.signal_group(SIGSTOP)
    try:
        with pytest.raises(NotSent):
            sender.send(batches)
    finally:
        pubsub.signal_group(SIGCONT)

    assert states() == {"1": State.SENT, "2": State.WAITING}
    assert (delivery(2).token, delivery(2).attempts) == (2, 0)


def test_message_to_a_topic_that_is_gone_is_an_error(pubsub: PubsubServer) -> None:
    with current_app.connection_for_write() as connection:
        producer = current_app.amqp.Producer(connection, auto_declare=False)

        with pytest.raises(ServiceError, match="NOT_FOUND"), producer.batch(max_size=10):
            producer.publish("{}", exchange="", routing_key="desk")


def test_subscription_of_a_deleted_topic_is_made_anew(pubsub: PubsubServer) -> None:
    with pubsub.connected() as service:
        service.declare("desk")
        pubsub.delete_topic("desk")

        service.declare("desk")
        service.publish([("desk", b"to the new one")])

    assert pubsub.stored("desk") == [b"to the new one"]


def test_relay_tells_that_the_service_is_away_and_goes_on(
    subscribed: Subscribed, pubsub: PubsubServer
) -> None:
    subscribed(react)
    register("desk")
    relay = Relay()
    relay.step()
    pubsub.kill(hold=True)
    given(*happened(1))

    relay.step()

    assert RelayState.objects.get().broker_error == "UNAVAILABLE: the broker does not answer"
    pubsub.revive()
    wait_until(lambda: relay.step() and states() == {"1": State.SENT}, 10, "it is sent")
    assert RelayState.objects.get().broker_error == ""
    relay.sender.close()


def test_idle_relay_notices_that_the_service_is_away(
    pubsub: PubsubServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loop, "CHECK_EVERY", 0.0)
    relay = Relay()
    relay.step()
    assert RelayState.objects.get().broker_error == ""

    pubsub.kill(hold=True)
    relay.step()

    assert "the broker does not answer" in RelayState.objects.get().broker_error


def test_missing_credentials_are_told_as_a_refusal(
    subscribed: Subscribed, pubsub: PubsubServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PUBSUB_EMULATOR_HOST")
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", "/nowhere/key.json")
    subscribed(react)
    register("desk")
    given(*happened(1))

    Relay().step()

    told = "DefaultCredentialsError: the broker refuses"
    assert RelayState.objects.get().broker_error == told


def test_shops_of_one_project_have_queues_of_their_own(pubsub: PubsubServer, settings: Any) -> None:
    settings.BUS_KEY_PREFIX = "shop-ab12:"
    with current_app.connection_for_write() as connection:
        address.queue("desk")(connection.default_channel).queue_declare()

    assert pubsub.declared("shop-ab12-desk")
    assert not pubsub.declared("desk")


def test_quarantine_shows_and_drops_what_was_put_aside(pubsub: PubsubServer) -> None:
    with current_app.connection_for_read() as connection:
        for item in (b"first", b"\xff" * 2 * KEPT_OF_EACH, b"last"):
            connection.default_channel.quarantine("desk", item, Malformed("odd"))

    shown = quarantine.read()

    assert shown.count == 3
    assert [one.text[:5] for one in shown.messages] == ["last", "\ufffd" * 5, "first"]
    assert shown.size == KEPT_OF_EACH + len("firstlast")
    assert quarantine.drop({shown.messages[0].mark}) == 1
    assert quarantine.read().count == 2
    assert quarantine.drop() == 2
    assert quarantine.read().count == 0


def test_quarantine_that_cannot_be_read_says_so(pubsub: PubsubServer) -> None:
    pubsub.kill(hold=True)

    with pytest.raises(quarantine.BrokerAway, match="Pub/Sub does not answer"):
        quarantine.read()
