"""The server of a process's metrics."""

import logging
from collections.abc import Collection

from prometheus_client import (
    CollectorRegistry,
    ProcessCollector,
    disable_created_metrics,
    start_http_server,
)

from bus import conf, measurements
from bus.metrics.counters import Counters
from bus.metrics.ledger import Ledger
from bus.metrics.pipe import Pipe

log = logging.getLogger(__name__)


def serve(*, ledger: bool, queues: Collection[str]) -> CollectorRegistry | None:
    """Collect measurements and serve the metrics from a thread.

    None if the port cannot be used: that is logged, and what the process is for goes on.
    """
    disable_created_metrics()  # type: ignore[no-untyped-call]  # it has no types
    registry = CollectorRegistry()
    ProcessCollector(registry=registry)
    counters = Counters(registry, conf.metrics_prefix())
    counters.begin(queues)
    if ledger:
        registry.register(Ledger(conf.metrics_prefix()))
    try:
        start_http_server(conf.metrics_port(), conf.metrics_host(), registry)
    except (OSError, OverflowError) as error:  # it is taken, or above 65535
        log.error(
            "No metrics are served: %s:%s cannot be used (%s). Set %s to a free port for each "
            "process of a machine.",
            conf.metrics_host(), conf.metrics_port(), error, conf.name("BUS_METRICS_PORT"),
        )  # fmt: skip
        return None
    measurements.collect_with(counters.collect)
    Pipe(counters.collect)
    return registry
