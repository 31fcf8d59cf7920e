"""A Pub/Sub of the tests' own: what the relay sends is stored, or is due again."""

from datetime import timedelta
from typing import Any

import pytest
from celery import current_app

from bus.broker import address
from bus.broker.envelope import tickets_of
from bus.broker.service_error import ServiceError
from bus.models import RelayState
from bus.relay.loop import Relay
from bus.relay.messages import Sender
from bus.testing import given
from bus.tests.conftest import Subscribed, happened, relayed
from bus.worker.registration import register
from tests.support.pubsub import PubsubServer

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
