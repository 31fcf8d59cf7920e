"""Metrics of the bus for Prometheus, served by each process at a port of its own."""

from collections.abc import Collection
from typing import TYPE_CHECKING, Union

from bus import conf

if TYPE_CHECKING:
    from prometheus_client import CollectorRegistry


def start(
    *, ledger: bool = False, queues: Collection[str] = ()
) -> Union["CollectorRegistry", None]:
    """Serve this process's metrics, and those of the processes that it forks, until it ends.

    Returns their registry, for metrics of the project; None if BUS_METRICS_PORT is not set, or the
    port cannot be used: then nothing is measured. With `ledger`, the state of all queues is among
    them, read from the database at a scrape. Of `queues`, which this process works on, the counters
    begin at zero, so that Prometheus notices the first message. Call it once, in a process that has
    its settings and has not forked yet.

    Raises:
        SystemExit: prometheus-client is missing.
    """
    if not conf.metrics_port():
        return None
    # Optional, and 2 MB that a process without metrics does not need.
    try:
        from bus.metrics.server import serve
    except ImportError:
        raise SystemExit(
            f"{conf.name('BUS_METRICS_PORT')} needs prometheus-client: pip install "
            "prometheus-client, or unset it."
        ) from None
    return serve(ledger=ledger, queues=queues)
