"""The state of the ledger as metrics: what the console's board shows, read at a scrape."""

import threading
import time
from collections.abc import Iterable, Iterator
from datetime import datetime

from django.db import Error, connection
from prometheus_client.core import GaugeMetricFamily, HistogramMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from bus.audit import attention
from bus.console.state import Board, Row, board
from bus.store import inspection, pace
from bus.store.pace import PER_DOUBLING

KEPT_FOR = 5.0
"""Seconds for which a reading serves all scrapes."""

SHORTEST, LONGEST = -6, 12
"""Powers of two: the buckets' bounds are from 16 ms to 68 minutes."""

BY_SUBSCRIPTION = ("queue", "subscription")

NO_AGE = 0.0
"""The age of the oldest of none."""


class Ledger(Collector):
    """Reads once in `KEPT_FOR` seconds, however many scrapes there are.

    While the database does not answer, `ledger_up` is 0 and there is nothing else.
    """

    def __init__(self, prefix: str) -> None:
        self._prefix = prefix
        self._lock = threading.Lock()
        self._read_at = -KEPT_FOR
        self._read: list[Metric] = []

    def collect(self) -> Iterable[Metric]:
        with self._lock:
            if time.monotonic() >= self._read_at + KEPT_FOR:
                self._read = self._read_anew()
                self._read_at = time.monotonic()
            return self._read

    def _read_anew(self) -> list[Metric]:
        try:
            found = board()
            metrics = [
                *_of_subscriptions(found),
                _standing(found),
                *_of_processes(found),
                _effects(found.subscriptions),
                _attention(),
            ]
            up = 1
        except Error:
            metrics, up = [], 0
        finally:
            # Back to the pool: each scrape has a thread of its own.
            connection.close()
        metrics.append(_gauge("ledger_up", "Whether the database answers.", up))
        for metric in metrics:
            metric.name = f"{self._prefix}_{metric.name}"
            metric.samples = [
                one._replace(name=f"{self._prefix}_{one.name}") for one in metric.samples
            ]
        return metrics


def _gauge(name: str, says: str, value: float) -> Metric:
    return GaugeMetricFamily(name, says, value=value)


def _of_subscriptions(found: Board) -> Iterator[Metric]:
    counts = {
        "deliveries_waiting": ("Due; more than 10,000 are not counted.", "waiting"),
        "deliveries_retrying": ("Tried again later, after a failure.", "retrying"),
        "deliveries_later": ("Not due yet, by a delay or a backfill.", "later"),
        "deliveries_in_flight": ("Sent, or with a worker.", "in_flight"),
        "deliveries_dead": ("Dead: each needs a person.", "dead"),
        "lanes_blocked": ("Streams in which later deliveries wait for one of it.", "blocked"),
        "subscription_paused": ("1 if it is paused or held.", "paused"),
    }
    for name, (says, attribute) in counts.items():
        metric = GaugeMetricFamily(name, says, labels=BY_SUBSCRIPTION)
        for row in found.subscriptions:
            metric.add_metric([row.queue, row.name], int(getattr(row, attribute)))
        yield metric
    says = "Since when the oldest one that has not had its effect has been open."
    oldest = GaugeMetricFamily("deliveries_oldest_seconds", says, labels=BY_SUBSCRIPTION)
    for row in found.subscriptions:
        oldest.add_metric([row.queue, row.name], _age(row.oldest_at, found.at))
    yield oldest


def _standing(found: Board) -> Metric:
    """Not what waits for its next try, its lane, a limit or an operator."""
    says = "1 if a delivery of it has been due for ten minutes and was not started."
    metric = GaugeMetricFamily("subscription_stands_still", says, labels=BY_SUBSCRIPTION)
    stand = {row.subscription_id for row in inspection.standing()}
    for row in found.subscriptions:
        metric.add_metric([row.queue, row.name], int(row.id in stand))
    return metric


def _of_processes(found: Board) -> Iterator[Metric]:
    workers = GaugeMetricFamily(
        "workers_alive", "Workers that gave a sign of life lately.", labels=["queue"]
    )
    for row in found.queues:
        if row.workers is not None:  # else it is not known
            workers.add_metric([row.name], row.workers)
    yield workers
    limited = GaugeMetricFamily(
        "queue_at_its_limit", "1 if its limit holds up what is due.", labels=["queue"]
    )
    for row in found.queues:
        limited.add_metric([row.name], int(row.at_its_limit))
    yield limited
    yield _gauge("outbox_events", "Events not fanned out.", found.outbox.count)
    age = _age(found.outbox.oldest_at, found.at)
    yield _gauge("outbox_oldest_seconds", "The age of the oldest of them.", age)
    if found.broker.age is not None:
        seconds = found.broker.age.total_seconds()
        yield _gauge("relay_sign_age_seconds", "Since a relay gave a sign of life.", seconds)
    if found.broker.ok is not None:
        yield _gauge("broker_up", "Whether the broker answers the relay.", int(found.broker.ok))


def _effects(subscriptions: Iterable[Row]) -> Metric:
    """From the buckets in which the relay counts for the console; the sum is of their middles."""
    by_id: dict[int, dict[int, int]] = {}
    for pk, bucket, count in pace.totals():
        by_id.setdefault(pk, {})[bucket] = int(count)
    says = "From an event to its effect, of the deliveries that a relay has sent."
    metric = HistogramMetricFamily("event_to_effect_seconds", says, labels=BY_SUBSCRIPTION)
    for row in subscriptions:
        done = by_id.get(row.id, {})
        bounds = [
            (str(2.0**power), float(_below(done, power))) for power in range(SHORTEST, LONGEST + 1)
        ]
        middles = sum(count * 2 ** ((one + 0.5) / PER_DOUBLING) for one, count in done.items())
        bounds.append(("+Inf", float(sum(done.values()))))
        metric.add_metric([row.queue, row.name], bounds, middles)
    return metric


def _below(done: dict[int, int], power: int) -> int:
    """How many took less than two to that power."""
    return sum(count for bucket, count in done.items() if bucket < power * PER_DOUBLING)


def _attention() -> Metric:
    says = "What needs a person, by the kinds of docs/operate.md."
    metric = GaugeMetricFamily("needs_a_person", says, labels=["kind"])
    found = attention.counts()
    for kind in attention.Kind:
        metric.add_metric([kind.value], found.get(kind.value, 0))
    return metric


def _age(since: datetime | None, now: datetime) -> float:
    """Never negative: what is due later only is not late."""
    return max(NO_AGE, (now - since).total_seconds()) if since else NO_AGE
