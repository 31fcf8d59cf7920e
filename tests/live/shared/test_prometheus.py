"""A Prometheus that scrapes the shop answers every query of the dashboard and of the alerts."""

import signal
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tests.live.shop import MEASURED, Shop
from tests.support.machine import find
from tests.support.servers import free_port, running
from tests.test_observability import FOLDER, panels

pytestmark = [pytest.mark.live, pytest.mark.sqlite, pytest.mark.promtool, pytest.mark.timeout(180)]

FILES = FOLDER / "prometheus"
FIRST_PORT = 9464
SCRAPED_WITHIN = 60
EMPTY_IF_ALL_IS_WELL = {"Needs a person", "Failed attempts", "Epoch changes and quarantine"}


class Prometheus:
    def __init__(self, port: int) -> None:
        self._http = httpx.Client(base_url=f"http://127.0.0.1:{port}", trust_env=False)

    def ready(self) -> bool:
        try:
            return self._http.get("/-/ready").is_success
        except httpx.TransportError:
            return False

    def ask(self, what: str, **query: str) -> Any:
        answer = self._http.get(f"/api/v1/{what}", params=query)
        assert answer.is_success, answer.text
        return answer.json()["data"]

    def value(self, expression: str) -> list[Any]:
        """What a panel gets, with its variables as Grafana fills them in."""
        written = expression.replace("$__rate_interval", "1m").replace("$queue", ".*")
        assert "$" not in written
        found: list[Any] = self.ask("query", query=written)["result"]
        return found


@pytest.fixture(scope="module")
def prometheus(shop: Shop, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Prometheus]:
    """With the files of deploy/observability; only ports and pace are others."""
    folder = tmp_path_factory.mktemp("prometheus")
    text = (FILES / "prometheus.yml").read_text().replace("_interval: 15s", "_interval: 1s")
    for place in range(len(MEASURED)):
        port = int(shop.env["METRICS_PORT"]) + place
        text = text.replace(f"127.0.0.1:{FIRST_PORT + place}", f"127.0.0.1:{port}")
    file = folder / "prometheus.yml"
    file.write_text(text)
    (folder / "rules.yml").write_text((FILES / "rules.yml").read_text())
    port = free_port()
    found = Prometheus(port)
    command = [str(find("prometheus")), f"--config.file={file}"]
    command += [f"--storage.tsdb.path={folder / 'data'}", f"--web.listen-address=127.0.0.1:{port}"]
    with running(command, signal.SIGTERM, found.ready):
        yield found


def test_prometheus_reaches_every_process(shop: Shop, prometheus: Prometheus) -> None:
    def targets() -> dict[str, str]:
        active = prometheus.ask("targets")["activeTargets"]
        return {one["labels"]["process"]: one["health"] for one in active}

    shop.wait_for(lambda: targets() == dict.fromkeys(MEASURED, "up"), SCRAPED_WITHIN)


def test_every_panel_of_the_dashboard_has_an_answer(shop: Shop, prometheus: Prometheus) -> None:
    shop.wait_until_settled(shop.place_order(), SCRAPED_WITHIN)
    wanted = [
        (panel["title"], target["expr"])
        for panel in panels()
        for target in panel["targets"]
        if panel["title"] not in EMPTY_IF_ALL_IS_WELL and not target["expr"].endswith("> 0")
    ]

    def empty() -> list[tuple[str, str]]:
        return [one for one in wanted if not prometheus.value(one[1])]

    # Of a rate two samples, and the relay's figures come some seconds after the effects.
    shop.wait_for(lambda: not empty(), SCRAPED_WITHIN)
    for panel in panels():
        for target in panel["targets"]:
            prometheus.value(target["expr"])  # fails if Prometheus does not understand it


def test_variable_of_the_dashboard_lists_the_queues(prometheus: Prometheus) -> None:
    values = prometheus.ask("label/queue/values", **{"match[]": "shop_deliveries_waiting"})

    assert {f"worker-{queue}" for queue in values} == {*MEASURED} - {"web", "relay"}


def test_every_alert_is_evaluated(shop: Shop, prometheus: Prometheus) -> None:
    def rules() -> list[dict[str, Any]]:
        (group,) = prometheus.ask("rules")["groups"]
        return list(group["rules"])

    shop.wait_for(lambda: {one["health"] for one in rules()} == {"ok"}, SCRAPED_WITHIN)
