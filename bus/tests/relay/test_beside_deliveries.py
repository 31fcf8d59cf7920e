"""What the relay does beside deliveries: it keeps its pace, and sends requested jobs."""

import pytest
import redis
from django.db import DataError, ProgrammingError

from bus.models import Delivery, Pace, RelayState, State
from bus.ops.jobs import run_job
from bus.relay import pace
from bus.relay.loop import Relay
from bus.relay.pace import PaceKeeper
from bus.testing import given
from bus.tests.conftest import Happened, Subscribed, happened, relayed, worked
from bus.tests.messages import passed
from bus.worker.registration import register

pytestmark = pytest.mark.django_db(transaction=True)


def wrap(event: Happened) -> None: ...


@pytest.fixture
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing waits between two readings."""
    monkeypatch.setattr(pace, "EVERY", 0.0)


def test_relay_keeps_the_pace_of_what_it_has_sent(subscribed: Subscribed, at_once: None) -> None:
    subscribed(wrap)
    given(*happened(1, 2, 3))
    batches = relayed()
    keeper = PaceKeeper()
    keeper.sent(pk for batch in batches for pk, _token in batch.tickets)

    keeper.keep()
    assert not Pace.objects.exists()  # all of it is in flight

    worked(batches)
    keeper.keep()
    keeper.keep()

    assert sum(Pace.objects.values_list("done", flat=True)) == 3


def test_relay_remembers_no_more_than_it_may(
    subscribed: Subscribed, at_once: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pace, "MOST_KEPT", 2)
    subscribed(wrap)
    given(*happened(1, 2, 3))
    batches = relayed()
    worked(batches)
    keeper = PaceKeeper()
    keeper.sent(pk for batch in batches for pk, _token in batch.tickets)

    keeper.keep()

    assert sum(Pace.objects.values_list("done", flat=True)) == 2


def test_trouble_with_the_figures_stops_nothing(
    subscribed: Subscribed, at_once: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    subscribed(wrap)
    given(*happened(1))
    batches = relayed()
    worked(batches)
    keeper = PaceKeeper()
    keeper.sent(pk for batch in batches for pk, _token in batch.tickets)

    def breaks(_ids: list[int]) -> None:
        raise ProgrammingError("relation bus_pace does not exist")

    with monkeypatch.context() as broken:
        broken.setattr("bus.store.pace.add", breaks)
        keeper.keep()
    keeper.keep()  # not yet again

    assert not Pace.objects.exists()
    assert Delivery.objects.get().state == State.DONE


def test_requested_job_is_sent_once_to_its_queue(
    broker: redis.Redis, stocktaking: list[str]
) -> None:
    run_job("desk.stocktaking", by="ada")
    relay = Relay()
    for _step in range(3):
        relay.step()
        relay.jobs.send()

    [message] = broker.lrange("desk", 0, -1)
    assert b"bus.run_requested_jobs" in message
    assert isinstance(message, bytes)
    assert passed(message)
    relay.sender.close()


@pytest.mark.parametrize("error", [DataError("value too long"), redis.ResponseError("NOPERM")])
def test_trouble_beside_deliveries_stops_no_sending(
    subscribed: Subscribed,
    broker: redis.Redis,
    monkeypatch: pytest.MonkeyPatch,
    error: Exception,
) -> None:
    subscribed(wrap)
    register("desk")
    given(*happened(1))
    relay = Relay()

    def breaks() -> None:
        raise error

    monkeypatch.setattr(relay.jobs, "send", breaks)
    others: list[str] = []
    monkeypatch.setattr(relay.upkeep.pace, "keep", lambda: others.append("pace"))

    relay.step()
    relay.step()

    assert Delivery.objects.get().state == State.SENT
    assert RelayState.objects.get().broker_error == ""
    assert others == ["pace", "pace"]
    relay.sender.close()
