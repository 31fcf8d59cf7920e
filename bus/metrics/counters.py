"""Counters and histograms of what a process and those that it forks have done."""

from collections import Counter as Counts
from collections.abc import Iterable, Sequence

from prometheus_client import CollectorRegistry, Counter, Histogram

from bus.broker.quarantine import UNACKED
from bus.handlers import declared
from bus.measurements import Figure, Measurement
from bus.worker.task import Outcome

SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60)
NOTHING = Outcome(Counts(), released=0, stale=0)

DELIVERIES = (1, 2, 5, 10, 20, 50, 100, 200)


class Counters:
    """A metric for each figure that measurements are of."""

    def __init__(self, registry: CollectorRegistry, prefix: str) -> None:
        def counter(name: str, says: str, *labels: str) -> Counter:
            return Counter(f"{prefix}_{name}", says, labels, registry=registry)

        def histogram(
            name: str, says: str, *labels: str, buckets: Sequence[float] = SECONDS
        ) -> Histogram:
            full = f"{prefix}_{name}"
            return Histogram(full, says, labels, buckets=buckets, registry=registry)

        self._metrics: dict[Figure, Counter | Histogram] = {
            Figure.MESSAGE_SECONDS: histogram(
                "message_seconds", "A worker's time for one message, ledger included.",
                "subscription",
            ),
            Figure.MESSAGE_DELIVERIES: histogram(
                "message_deliveries", "Deliveries in one message.", "subscription",
                buckets=DELIVERIES,
            ),
            Figure.HANDLED: counter(
                "deliveries_handled", "Deliveries by what became of them in a worker.",
                "subscription", "outcome",
            ),
            Figure.FAILED: counter(
                "attempts_failed", "Failed attempts by the class of the error.",
                "subscription", "kind",
            ),
            Figure.QUARANTINED: counter(
                "messages_quarantined", "Malformed messages.", "queue"
            ),
            Figure.STEP_SECONDS: histogram("relay_step_seconds", "The time of one poll."),
            Figure.FANNED_OUT: counter("events_fanned_out", "Events fanned out."),
            Figure.SENT: counter("deliveries_sent", "Deliveries sent to a worker."),
            Figure.EPOCH_CHANGES: counter(
                "epoch_changes", "How often Redis was found without its data."
            ),
        }  # fmt: skip

    def begin(self, queues: Iterable[str]) -> None:
        """Have zeros for these queues: what a counter begins with is no increase to Prometheus."""
        self._metrics[Figure.QUARANTINED].labels(UNACKED)
        for queue in queues:
            self._metrics[Figure.QUARANTINED].labels(queue)
            for handler in declared(queue):
                self._metrics[Figure.MESSAGE_SECONDS].labels(handler.name)
                self._metrics[Figure.MESSAGE_DELIVERIES].labels(handler.name)
                for outcome in NOTHING.counts:
                    self._metrics[Figure.HANDLED].labels(handler.name, outcome)

    def collect(self, made: Sequence[Measurement]) -> None:
        for figure, value, labels in made:
            metric = self._metrics[figure]
            one = metric.labels(*labels) if labels else metric
            if isinstance(one, Histogram):
                one.observe(value)
            else:
                one.inc(value)
