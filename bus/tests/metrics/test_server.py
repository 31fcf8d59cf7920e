"""Each process serves its metrics, if it has a port for them."""

import socket
import sys
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from bus import measurements, metrics
from bus.measurements import Figure
from tests.support.servers import free_port


@pytest.fixture(autouse=True)
def nothing_collected() -> Iterator[None]:
    yield
    measurements.collect_with(None)


def test_without_a_port_nothing_is_served_or_collected(settings: Any) -> None:
    settings.BUS_METRICS_PORT = 0

    assert metrics.start() is None
    assert not measurements.are_collected()


def test_scrape_answers_what_was_reported(settings: Any) -> None:
    settings.BUS_METRICS_PREFIX = "till"
    for _ in range(5):  # another process may take the port meanwhile
        settings.BUS_METRICS_PORT = free_port()
        if metrics.start():
            break
    measurements.report((Figure.SENT, 7, ()), (Figure.HANDLED, 2, ("desk.wrap", "done")))

    url = f"http://127.0.0.1:{settings.BUS_METRICS_PORT}/metrics"
    said = httpx.get(url, trust_env=False).text.splitlines()

    assert "till_deliveries_sent_total 7.0" in said
    assert 'till_deliveries_handled_total{outcome="done",subscription="desk.wrap"} 2.0' in said
    assert not [line for line in said if "_created" in line]


def test_taken_port_stops_no_process_and_is_logged_with_its_setting(
    settings: Any, caplog: pytest.LogCaptureFixture
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        settings.BUS_METRICS_PORT = other.getsockname()[1]
        assert metrics.start() is None

    assert "Set METRICS_PORT to a free port" in caplog.text
    assert not measurements.are_collected()


def test_port_above_the_largest_stops_no_process(
    settings: Any, caplog: pytest.LogCaptureFixture
) -> None:
    """`manage.py up` counts up from METRICS_PORT."""
    settings.BUS_METRICS_PORT = 65536

    assert metrics.start() is None

    assert "Set METRICS_PORT to a free port" in caplog.text
    assert not measurements.are_collected()


def test_missing_library_is_named_with_the_way_out(
    settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.BUS_METRICS_PORT = 9464
    monkeypatch.delitem(sys.modules, "bus.metrics.server", raising=False)
    monkeypatch.setitem(sys.modules, "prometheus_client", None)

    with pytest.raises(SystemExit, match="METRICS_PORT needs prometheus-client: pip install"):
        metrics.start()
