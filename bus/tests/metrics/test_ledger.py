"""The ledger as metrics: what the console's board shows, for Prometheus."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import OperationalError, connection
from django.db.models.functions import Now
from django.test.utils import CaptureQueriesContext
from prometheus_client import CollectorRegistry, generate_latest

from bus import Queue
from bus.metrics import ledger
from bus.metrics.ledger import Ledger
from bus.models import Delivery, RelayState, State
from bus.store import pace
from bus.store.outbox import fan_out
from bus.testing import given, settle
from bus.tests.conftest import Happened, Subscribed, happened
from bus.worker.registration import register

pytestmark = pytest.mark.django_db(transaction=True)


LATER = Now() + timedelta(minutes=50)


def wrap(event: Happened) -> None: ...


class Scraped:
    """What a scrape answers; the ledger is read anew unless it is scraped `again`."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.registry.register(Ledger("bus"))

    def value(self, name: str, **labels: str) -> float | None:
        return self.registry.get_sample_value(f"bus_{name}", labels)

    def text(self) -> str:
        return generate_latest(self.registry).decode()


@pytest.fixture
def name(subscribed: Subscribed) -> str:
    """Three deliveries that wait."""
    name = subscribed(wrap, queue=Queue("desk"))
    register("desk")
    given(*happened(1, 2, 3))
    fan_out()
    return name


def test_deliveries_are_counted_by_subscription(name: str) -> None:
    Delivery.objects.filter(stream="1").update(state=State.DEAD)
    Delivery.objects.filter(stream="2").update(due_since=Now() - timedelta(minutes=50))
    Delivery.objects.filter(stream="3").update(due_at=Now() + timedelta(minutes=50))
    of = {"queue": "desk", "subscription": name}

    scraped = Scraped()

    assert scraped.value("ledger_up") == 1
    assert scraped.value("deliveries_waiting", **of) == 1
    assert scraped.value("deliveries_later", **of) == 1
    assert scraped.value("deliveries_retrying", **of) == 0
    assert scraped.value("deliveries_dead", **of) == 1
    assert scraped.value("deliveries_in_flight", **of) == 0
    assert scraped.value("deliveries_oldest_seconds", **of) == pytest.approx(3000, abs=60)
    assert scraped.value("needs_a_person", kind="dead deliveries") == 1
    assert scraped.value("needs_a_person", kind="audit findings") == 0


@pytest.mark.parametrize(
    ("waits", "stands"),
    [({}, 1), ({"due_at": LATER, "retry_at": LATER}, 0), ({"retry_at": Now()}, 0)],
    ids=["due for long", "in its backoff", "due for another try"],
)
def test_subscription_stands_still_if_a_delivery_is_due_and_not_started(
    name: str, waits: dict[str, Any], stands: int
) -> None:
    Delivery.objects.update(due_since=Now() - timedelta(minutes=50), **waits)

    scraped = Scraped()

    found = scraped.value("subscription_stands_still", queue="desk", subscription=name)
    assert found == stands


def test_processes_are_known_while_a_relay_gives_signs(name: str) -> None:
    assert Scraped().value("relay_sign_age_seconds") is None
    assert Scraped().value("workers_alive", queue="desk") is None
    RelayState.objects.update_or_create(pk=RelayState.THE_ROW, defaults={"looked_at": Now()})

    scraped = Scraped()

    assert scraped.value("broker_up") == 1
    assert scraped.value("relay_sign_age_seconds") == pytest.approx(0, abs=30)
    assert scraped.value("workers_alive", queue="desk") == 0
    assert scraped.value("outbox_events") == 0


def test_ten_scrapes_cost_one_reading(name: str) -> None:
    scraped = Scraped()
    scraped.text()

    with CaptureQueriesContext(connection) as queries:
        texts = {scraped.text() for _ in range(10)}

    assert len(queries) == 0
    assert len(texts) == 1


def test_ledger_that_does_not_answer_is_told_apart_from_an_empty_one(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail() -> Any:
        raise OperationalError("no connection")

    monkeypatch.setattr(ledger, "board", fail)

    scraped = Scraped()

    assert scraped.value("ledger_up") == 0
    assert "deliveries" not in scraped.text()


def test_effect_is_in_the_bucket_of_its_time(name: str) -> None:
    settle("desk")
    took = {"1": 0.3, "2": 3.0, "3": 7200.0}
    for delivery in Delivery.objects.select_related("event"):
        closed_at = delivery.event.at + timedelta(seconds=took[delivery.stream])
        Delivery.objects.filter(pk=delivery.pk).update(closed_at=closed_at)
    pace.add(list(Delivery.objects.values_list("id", flat=True)))
    of = {"queue": "desk", "subscription": name}

    scraped = Scraped()

    counts = {"0.25": 0, "0.5": 1, "2.0": 1, "4.0": 2, "4096.0": 2, "+Inf": 3}
    for bound, count in counts.items():
        assert scraped.value("event_to_effect_seconds_bucket", **of, le=bound) == count
    assert scraped.value("event_to_effect_seconds_count", **of) == 3
    assert scraped.value("event_to_effect_seconds_sum", **of) == pytest.approx(7203.3, rel=0.14)


def test_effects_stay_counted_when_their_minutes_are_forgotten(name: str) -> None:
    settle("desk")
    ids = list(Delivery.objects.values_list("id", flat=True))
    of = {"queue": "desk", "subscription": name}
    for _ in range(2):
        pace.add(ids)
        before = Scraped().value("event_to_effect_seconds_count", **of)

        pace.forget(-120)

        assert Scraped().value("event_to_effect_seconds_count", **of) == before
    assert before == 6


def test_metrics_hold_no_personal_data(name: str) -> None:
    assert "Ada" not in Scraped().text()
    assert name in Scraped().text()
