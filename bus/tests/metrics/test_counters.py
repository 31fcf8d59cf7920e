"""What is counted of deliveries, attempts and polls."""

from typing import Any

import pytest
from django.db import transaction
from prometheus_client import CollectorRegistry

from bus import measurements
from bus.measurements import Figure
from bus.metrics.counters import Counters
from bus.models import Delivery
from bus.relay.epoch import Epoch
from bus.relay.upkeep import report_step
from bus.store.claims import claim
from bus.store.poll import poll
from bus.store.rescue import rescue_late
from bus.testing import given
from bus.tests.conftest import (
    Happened,
    Subscribed,
    end_leases,
    happened,
    make_due,
    relayed,
    worked,
)
from bus.tests.metrics.conftest import Value

pytestmark = pytest.mark.django_db(transaction=True)


def wrap(event: Happened) -> None: ...


def break_off(event: Happened) -> None:
    raise ConnectionError(event.who)


def refuse(event: Happened) -> None:
    raise LookupError(event.who)


def test_message_counts_its_deliveries_and_its_time(subscribed: Subscribed, value: Value) -> None:
    name = subscribed(wrap, batch=10)
    given(*happened(1, 2, 3))

    worked(relayed())

    assert value("deliveries_handled_total", subscription=name, outcome="done") == 3
    assert value("message_seconds_count", subscription=name) == 1
    assert value("message_deliveries_sum", subscription=name) == 3
    assert value("message_deliveries_bucket", subscription=name, le="2.0") == 0
    assert value("message_deliveries_bucket", subscription=name, le="5.0") == 1


def test_stale_message_is_counted_as_such(subscribed: Subscribed, value: Value) -> None:
    name = subscribed(wrap)
    given(*happened(1))
    batches = relayed()
    worked(batches)

    worked(batches)

    assert value("deliveries_handled_total", subscription=name, outcome="done") == 1
    assert value("deliveries_handled_total", subscription=name, outcome="stale") == 1


@pytest.mark.parametrize(
    ("handler", "outcome", "kind"),
    [(break_off, "to try again", "ConnectionError"), (refuse, "dead", "LookupError")],
)
def test_failure_is_counted_by_kind_without_its_text(
    subscribed: Subscribed, value: Value, handler: Any, outcome: str, kind: str
) -> None:
    name = subscribed(handler)
    given(*happened(1))

    worked(relayed())

    assert value("deliveries_handled_total", subscription=name, outcome=outcome) == 1
    assert value("attempts_failed_total", subscription=name, kind=kind) == 1


def test_failure_that_is_rolled_back_is_not_counted(subscribed: Subscribed, value: Value) -> None:
    name = subscribed(wrap)
    given(*happened(1))
    relayed()
    Delivery.objects.update(state="running")
    end_leases()
    make_due()

    with transaction.atomic():
        rescue_late(poll())
        transaction.set_rollback(True)
    assert value("attempts_failed_total", subscription=name, kind="worker lost") is None

    claim(poll())
    assert value("attempts_failed_total", subscription=name, kind="worker lost") == 1


def test_poll_is_counted_with_what_it_moved(value: Value) -> None:
    report_step(3, 5, 0.02)
    report_step(0, 0, 0.001)

    assert value("events_fanned_out_total") == 3
    assert value("deliveries_sent_total") == 5
    assert value("relay_step_seconds_count") == 2


def test_redis_without_its_data_is_counted(broker: Any, value: Value) -> None:
    epoch = Epoch()
    epoch.check()
    epoch.check()
    assert value("epoch_changes_total") == 1

    broker.flushall()
    epoch.check()

    assert value("epoch_changes_total") == 2


def test_counters_of_a_queue_begin_at_zero(subscribed: Subscribed) -> None:
    name, registry = subscribed(wrap), CollectorRegistry()

    Counters(registry, "bus").begin(["desk"])

    for outcome in ("done", "to try again", "dead", "released", "stale"):
        labels = {"subscription": name, "outcome": outcome}
        assert registry.get_sample_value("bus_deliveries_handled_total", labels) == 0
    assert registry.get_sample_value("bus_messages_quarantined_total", {"queue": "desk"}) == 0


def test_every_figure_has_a_metric(value: Value) -> None:
    labels = {"message seconds": 1, "message deliveries": 1, "handled": 2, "failed": 2}
    labels["quarantined"] = 1

    for figure in Figure:
        measurements.report((figure, 1, ("x",) * labels.get(figure.value, 0)))

    assert value("messages_quarantined_total", queue="x") == 1


def test_nothing_is_collected_without_a_collector() -> None:
    assert not measurements.are_collected()
    measurements.report((Figure.SENT, 1, ()))
