"""Metrics without a server: what a registry would answer to a scrape."""

from collections.abc import Callable, Iterator

import pytest
from prometheus_client import CollectorRegistry

from bus import measurements
from bus.metrics.counters import Counters

Value = Callable[..., float | None]


@pytest.fixture
def value() -> Iterator[Value]:
    """The value of a metric of what happens in this test; None if it has none with these labels."""
    registry = CollectorRegistry()
    measurements.collect_with(Counters(registry, "bus").collect)
    yield lambda name, **labels: registry.get_sample_value(f"bus_{name}", labels)
    measurements.collect_with(None)
