"""Measurements: what is counted and timed where it happens, for whoever collects it.

Without a collector one costs the look whether there is any.
"""

from collections.abc import Callable, Sequence
from enum import StrEnum


class Figure(StrEnum):
    """What is measured, with its labels; `bus.metrics.counters` has a metric for each."""

    MESSAGE_SECONDS = "message seconds"
    """Of a subscription: a worker's time for one message, the ledger included."""
    MESSAGE_DELIVERIES = "message deliveries"
    """Of a subscription: how many deliveries one message had."""
    HANDLED = "handled"
    """Of a subscription and an outcome: deliveries."""
    FAILED = "failed"
    """Of a subscription and the path of an error's class: attempts."""
    QUARANTINED = "quarantined"
    """Of a queue, or of what a worker has: malformed messages."""
    STEP_SECONDS = "step seconds"
    """The time of one poll of a relay, or of `manage.py work`."""
    FANNED_OUT = "fanned out"
    """Events, by a relay or `manage.py work`."""
    SENT = "sent"
    """Deliveries, to the broker or to a process of `manage.py work`."""
    EPOCH_CHANGES = "epoch changes"
    """How often a Redis was found without its data."""


Measurement = tuple[Figure, float, tuple[str, ...]]
"""A figure, its value, and the values of its labels."""

Collector = Callable[[Sequence[Measurement]], None]

_collectors: list[Collector] = []


def collect_with(collector: Collector | None) -> None:
    """Give all measurements of this process to that collector, in place of the one before."""
    _collectors[:] = [collector] if collector else []


def are_collected() -> bool:
    """Whether it is worth while to compute some."""
    return bool(_collectors)


def report(*made: Measurement) -> None:
    """Give these to the collector, if there is one. It raises nothing, and does not wait."""
    for collect in _collectors:
        collect(made)
