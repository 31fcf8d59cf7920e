"""The dashboard and the alerts name metrics that exist, and the runbook's places."""

import json
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.db.models.functions import Now
from prometheus_client import CollectorRegistry, ProcessCollector

from bus import measurements
from bus.measurements import Figure
from bus.metrics.counters import Counters
from bus.metrics.ledger import Ledger
from bus.models import RelayState
from bus.worker.registration import register
from config.local.programs import queue_names
from config.metrics import Measured
from tests.support.machine import part

ROOT = Path(__file__).parents[1]
FOLDER = ROOT / "deploy/observability"
RULES = FOLDER / "prometheus/rules.yml"
DASHBOARD = json.loads((FOLDER / "grafana/dashboard.json").read_text())
METRIC = re.compile(r"\b(?:(?:shop|process)_[a-z_0-9]+|up(?={))")
LABELS = re.compile(r"(?:by|on) ?\(([^)]*)\)|\{([^}]*)\}")
OF_EVERY_SCRAPE = {"instance", "job", "le", "process"}


def alerts() -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = yaml.safe_load(RULES.read_text())["groups"][0]["rules"]
    return found


def panels() -> list[dict[str, Any]]:
    return [one for one in DASHBOARD["panels"] if one["type"] != "row"]


def expressions() -> list[str]:
    return [one["expr"] for one in alerts()] + [
        target["expr"] for panel in panels() for target in panel["targets"]
    ]


def labels_in(expression: str) -> set[str]:
    found = set()
    for grouped, matched in LABELS.findall(expression):
        found |= {name.strip() for name in grouped.split(",")}
        found |= {name.strip() for name in re.findall(r"(\w+) *[=!]", matched)}
    return found - {""}


def family_of(name: str) -> str:
    """The histogram of a series, or the name itself."""
    return re.sub(r"_(bucket|count|sum)$", "", name)


@pytest.fixture
def metrics() -> dict[str, set[str]]:
    """Every metric that some process serves, with its labels."""
    register()
    RelayState.objects.update_or_create(pk=RelayState.THE_ROW, defaults={"looked_at": Now()})
    registry = CollectorRegistry()
    ProcessCollector(registry=registry)
    registry.register(Ledger("shop"))
    counters = Counters(registry, "shop")
    one, two = ("x",), ("x", "y")
    with_labels = {
        Figure.MESSAGE_SECONDS: one,
        Figure.MESSAGE_DELIVERIES: one,
        Figure.QUARANTINED: one,
        Figure.HANDLED: two,
        Figure.FAILED: two,
    }
    counters.collect([(figure, 1, with_labels.get(figure, ())) for figure in Figure])
    measured = Measured(lambda *_: None, registry)  # type: ignore[arg-type,return-value]  # it is not called
    measured.responses.labels("2xx")
    measured.checkouts.labels("placed")
    found: dict[str, set[str]] = {}
    for family in registry.collect():
        for sample in family.samples:
            found.setdefault(sample.name, set()).update(sample.labels)
    assert not measurements.are_collected()
    found["up"] = OF_EVERY_SCRAPE  # Prometheus's own
    return found


@pytest.mark.django_db
def test_every_expression_names_metrics_and_labels_that_exist(
    metrics: dict[str, set[str]],
) -> None:
    for expression in expressions():
        named = METRIC.findall(expression)
        assert named, expression
        assert set(named) <= metrics.keys(), expression
        labels = set().union(*(metrics[name] for name in named)) | OF_EVERY_SCRAPE
        assert labels_in(expression) <= labels, expression


@pytest.mark.django_db
def test_every_metric_is_explained_and_watched(metrics: dict[str, set[str]]) -> None:
    page = (ROOT / "docs/observe.md").read_text()
    explained = set(re.findall(r"`(shop_\w+)`", page))
    for prefix, others in re.findall(r"`(shop_deliveries)_waiting`((?:, `_\w+`)+)", page):
        explained |= {f"{prefix}{other}" for other in re.findall(r"`(_\w+)`", others)}
    # Of the library's own; `bus.metrics.server` switches them off.
    left_out = "_created"
    ours = {name for name in metrics if name.startswith("shop_") and not name.endswith(left_out)}

    families = set(map(family_of, ours))

    assert families == explained
    assert families <= {family_of(name) for name in METRIC.findall(str(expressions()))}


def test_every_alert_leads_to_a_place_of_the_runbook() -> None:
    for alert in alerts():
        page, _, anchor = alert["annotations"]["runbook"].partition("#")
        headings = re.findall(r"^## (.+)$", (ROOT / page).read_text(), re.MULTILINE)
        assert anchor in {heading.lower().replace(" ", "-") for heading in headings}, alert["alert"]
        assert alert["labels"]["severity"] in ("page", "ticket")


def test_panels_of_the_dashboard_have_ids_places_and_a_source_of_their_own() -> None:
    ids = [one["id"] for one in DASHBOARD["panels"]]
    assert len(ids) == len(set(ids))
    cells = [
        (one["gridPos"]["x"] + dx, one["gridPos"]["y"] + dy)
        for one in DASHBOARD["panels"]
        for dx in range(one["gridPos"]["w"])
        for dy in range(one["gridPos"]["h"])
    ]
    assert len(cells) == len(set(cells)), "two panels overlap"
    assert max(x for x, _y in cells) < 24
    for panel in panels():
        assert panel["title"]
        assert panel["description"], panel["title"]
        assert panel["datasource"]["uid"] == "${datasource}"
        refs = [target["refId"] for target in panel["targets"]]
        assert len(refs) == len(set(refs)) > 0


def test_prometheus_scrapes_the_processes_that_up_starts() -> None:
    [job] = yaml.safe_load((FOLDER / "prometheus/prometheus.yml").read_text())["scrape_configs"]

    found = {one["targets"][0]: one["labels"]["process"] for one in job["static_configs"]}

    processes = ["web", "relay", *(f"worker-{queue}" for queue in queue_names())]
    assert found == {f"127.0.0.1:{9464 + place}": one for place, one in enumerate(processes)}


@pytest.mark.promtool
@pytest.mark.parametrize("what", ["rules", "config"])
def test_prometheus_accepts_rules_and_configuration(what: str) -> None:
    name = "rules.yml" if what == "rules" else "prometheus.yml"
    command = [str(part("promtool").path), "check", what, name]

    ended = subprocess.run(command, cwd=RULES.parent, capture_output=True, text=True, timeout=60)

    assert ended.returncode == 0, ended.stdout + ended.stderr


SERIES = """
rule_files: [{rules}]
evaluation_interval: 1m
tests:
  - interval: 1m
    input_series:
      - series: shop_ledger_up
        values: '1x30'
      - series: shop_relay_sign_age_seconds
        values: '2x10 120x20'
      - series: 'shop_deliveries_waiting{{queue="billing",subscription="issue_invoice"}}'
        values: '0x10 7x20'
      - series: 'shop_subscription_stands_still{{queue="billing",subscription="issue_invoice"}}'
        values: '0x10 1x20'
      - series: 'shop_subscription_stands_still{{queue="orders",subscription="note_payment"}}'
        values: '0x30'
      - series: 'shop_deliveries_oldest_seconds{{queue="orders",subscription="note_payment"}}'
        values: '3600x30'
      - series: 'shop_deliveries_waiting{{queue="orders",subscription="note_payment"}}'
        values: '1x30'
      - series: 'shop_workers_alive{{queue="billing"}}'
        values: '1x10 0x20'
      - series: 'shop_workers_alive{{queue="orders"}}'
        values: '1x30'
      - series: 'shop_workers_alive{{queue="analytics"}}'
        values: '0x30'
    alert_rule_test:
      - {{eval_time: 8m, alertname: RelaySilent}}
      - eval_time: 20m
        alertname: RelaySilent
        exp_alerts: [{{exp_labels: {{severity: page}}, exp_annotations: {silent}}}]
      - eval_time: 20m
        alertname: QueueWithoutWorker
        exp_alerts: [{{exp_labels: {{severity: page, queue: billing}}, exp_annotations: {without}}}]
      - eval_time: 20m
        alertname: QueueStandsStill
        exp_alerts: [{{exp_labels: {{severity: page, queue: billing}}, exp_annotations: {still}}}]
      - {{eval_time: 20m, alertname: WebDown}}
"""


@pytest.mark.promtool
def test_alerts_fire_for_a_silent_relay_and_for_queues_that_wait_in_vain(tmp_path: Path) -> None:
    by_name = {one["alert"]: one["annotations"] for one in alerts()}
    silent, without, still = (
        json.dumps(by_name[name]).replace("{{ $labels.queue }}", "billing")
        for name in ("RelaySilent", "QueueWithoutWorker", "QueueStandsStill")
    )
    file = tmp_path / "tests.yml"
    file.write_text(SERIES.format(rules=RULES, silent=silent, without=without, still=still))

    ended = subprocess.run(
        [str(part("promtool").path), "test", "rules", str(file)],
        capture_output=True, text=True, timeout=60,
    )  # fmt: skip

    assert ended.returncode == 0, ended.stdout + ended.stderr
