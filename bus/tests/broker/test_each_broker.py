"""What holds on RabbitMQ, SQS and Pub/Sub alike, when they are there and when they are not."""

from collections import Counter
from signal import SIGCONT, SIGSTOP
from typing import Any

import pytest
from celery import current_app

from bus.broker import quarantine
from bus.broker.message import Malformed
from bus.broker.quarantine import KEPT_OF_EACH
from bus.models import RelayState, State
from bus.relay import loop
from bus.relay.loop import Relay
from bus.relay.messages import NotSent, Sender
from bus.testing import given
from bus.tests.broker.conftest import Server
from bus.tests.conftest import Subscribed, delivery, happened, relayed, states
from bus.worker.registration import register
from tests.support.wait import wait_until

pytestmark = pytest.mark.django_db(transaction=True)


def react(event: Any) -> None: ...


def test_deliveries_that_a_silent_broker_does_not_take_are_due_again(
    subscribed: Subscribed, server: Server
) -> None:
    subscribed(react, batch=1)
    given(*happened(1))
    sender = Sender()
    sender.send(relayed())
    given(*happened(2))
    batches = relayed()

    server.signal_group(SIGSTOP)
    try:
        with pytest.raises(NotSent):
            sender.send(batches)
    finally:
        server.signal_group(SIGCONT)

    assert states() == {"1": State.SENT, "2": State.WAITING}
    assert (delivery(2).token, delivery(2).attempts) == (2, 0)


def test_relay_tells_that_the_broker_is_away_and_goes_on(
    subscribed: Subscribed, server: Server
) -> None:
    subscribed(react)
    register("desk")
    relay = Relay()
    relay.step()
    server.kill(hold=True)
    given(*happened(1))

    relay.step()

    assert "the broker does not answer" in RelayState.objects.get().broker_error
    server.heal()
    wait_until(lambda: relay.step() and states() == {"1": State.SENT}, 20, "it is sent")
    assert RelayState.objects.get().broker_error == ""
    relay.sender.close()


def test_idle_relay_notices_that_the_broker_is_away(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loop, "CHECK_EVERY", 0.0)
    relay = Relay()
    relay.step()
    assert RelayState.objects.get().broker_error == ""

    server.kill(hold=True)
    relay.step()

    assert "the broker does not answer" in RelayState.objects.get().broker_error


def test_quarantine_shows_and_drops_what_was_put_aside(
    server: Server, quarantined: Counter[str]
) -> None:
    with current_app.connection_for_read() as connection:
        for item in (b"first", b"\xff" * 2 * KEPT_OF_EACH, b"last"):
            connection.default_channel.quarantine("desk", item, Malformed("odd"))

    shown = quarantine.read()

    assert quarantined == {"desk": 3}
    assert shown.count == 3
    assert {one.text[:5] for one in shown.messages} == {"last", "\ufffd" * 5, "first"}
    assert shown.size == KEPT_OF_EACH + len("firstlast")
    assert quarantine.drop({shown.messages[0].mark}) == 1
    assert quarantine.read().count == 2
    assert quarantine.drop() == 2
    assert quarantine.read().count == 0


def test_quarantine_that_cannot_be_read_says_so(server: Server) -> None:
    server.kill(hold=True)

    with pytest.raises(quarantine.BrokerAway, match="does not answer"):
        quarantine.read()
