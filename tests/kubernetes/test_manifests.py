"""What the manifests start is the shop: its queues, settings, commands and probes."""

import os
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.urls import resolve

from bus.celery import CONFIGURATION
from bus.handlers import declared
from config.server import GRACE
from config.tests.reading import refusal
from tests.containers.values import known, secret_settings
from tests.kubernetes.manifests import (
    EXAMPLE,
    labels,
    named,
    of_kind,
    rendered,
    workers,
    workloads,
)
from tests.support import compose

QUEUES = {handler.queue.name for handler in declared()}
SECRETS = "/run/secrets/shop"


def test_each_queue_has_a_worker_and_its_scaling() -> None:
    """For a new queue: a folder of deploy/kubernetes/workers, and its line in the base."""
    scaled = {one["metadata"]["name"]: one["spec"] for one in of_kind("ScaledObject")}

    assert workers().keys() == QUEUES
    assert scaled.keys() == {f"worker-{queue}" for queue in QUEUES}
    for queue, worker in workers().items():
        name = f"worker-{queue}"
        assert worker["metadata"]["name"] == name
        assert "replicas" not in worker["spec"]  # KEDA's
        assert scaled[name]["scaleTargetRef"] == {"name": name}
        (trigger,) = scaled[name]["triggers"]
        assert f"q.name = '{queue}'" in trigger["metadata"]["query"]
        assert trigger["authenticationRef"]["name"] == "scaler"


def test_worker_of_an_optional_queue_is_added_like_the_others(tmp_path: Path) -> None:
    base = EXAMPLE.parent
    folders = {folder.name for folder in (base / "workers").iterdir()}
    assert {f"worker-{name}" for name in folders} == {*compose.worker_names()}
    here = Path(os.path.relpath(base, tmp_path))
    (tmp_path / "kustomization.yaml").write_text(
        f"resources: [{here}/base, {here}/workers/outlets]\ncomponents: [{here}/pod]\n"
    )

    found = [one for one in rendered(tmp_path) if one["kind"] == "Deployment"]

    pods = {one["metadata"]["name"]: one["spec"]["template"]["spec"] for one in found}
    assert pods["worker-outlets"] == pods["worker-orders"]


def test_commands_are_those_of_the_containers() -> None:
    services = compose.services()

    for name in ("migrate", "relay", "beat"):
        kind = "Job" if name == "migrate" else "Deployment"
        (container,) = named(kind, name)["spec"]["template"]["spec"]["containers"]
        assert container["command"] == services[name]["command"], name
    (web,) = named("Deployment", "web")["spec"]["template"]["spec"]["containers"]
    assert [*web["command"], "--published-locally"] == services["web"]["command"]
    for queue, worker in workers().items():
        (container,) = worker["spec"]["template"]["spec"]["containers"]
        command = [word.replace("$(QUEUE)", queue) for word in container["command"]]
        assert command == services[f"worker-{queue}"]["command"]
        by_name = {one["name"]: one for one in container["env"]}
        assert by_name["REMAP_SIGTERM"]["value"] == "SIGQUIT"
        path = by_name["QUEUE"]["valueFrom"]["fieldRef"]["fieldPath"]
        assert path == "metadata.labels['queue']"


def test_settings_are_the_shops_and_start_it(tmp_path: Path) -> None:
    (given,) = of_kind("ConfigMap")
    data = dict(given["data"])
    (tmp_path / "SECRET_KEY").write_text("a key of the tests, as long as a real one has to be\n")
    (tmp_path / "EMAIL_URL").write_text("smtps://shop:password@mail.example.com:465\n")
    (tmp_path / "DATABASE_PASSWORD").write_text("password\n")
    (tmp_path / "REDIS_PASSWORD").write_text("")
    files = {name: value for name, value in data.items() if value.startswith(f"{SECRETS}/")}

    assert {*data} - {*files} <= {*known()}
    assert {*files} <= {f"{name}_FILE" for name in secret_settings()}
    assert all(path == f"{SECRETS}/{name.removesuffix('_FILE')}" for name, path in files.items())
    here = {name: f"{tmp_path}/{name.removesuffix('_FILE')}" for name in files}
    cleared = dict.fromkeys(secret_settings() | {*known()}, "")
    assert refusal(**(cleared | data | here | {"ENV_FILE": os.devnull})) == ""


def test_every_pod_is_confined_and_has_its_settings() -> None:
    (config,) = of_kind("ConfigMap")

    for _workload, pod, container in workloads():
        assert pod["automountServiceAccountToken"] is False
        assert pod["enableServiceLinks"] is False  # REDIS_PORT is a setting
        assert pod["securityContext"]["runAsNonRoot"] is True
        assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
        assert container["securityContext"] == {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        }
        assert container["envFrom"] == [{"configMapRef": {"name": config["metadata"]["name"]}}]
        mounted = {one["mountPath"]: one["name"] for one in container["volumeMounts"]}
        assert mounted.keys() >= {SECRETS, "/tmp", "/var/lib/shop/run", "/var/lib/shop/documents"}
        assert {*mounted.values()} == {one["name"] for one in pod["volumes"]}
        assert container["image"] == "registry.example.com/shop:1"
        assert container["resources"]["limits"]["memory"]
        assert container["resources"]["requests"].keys() == {"cpu", "memory"}


def test_worker_may_use_the_memory_that_its_processes_may() -> None:
    each, processes = (
        int(known()[name]) for name in ("WORKER_MAX_MEMORY_MB", "WORKER_CONCURRENCY")
    )

    for worker in workers().values():
        (container,) = worker["spec"]["template"]["spec"]["containers"]
        assert container["resources"]["limits"]["memory"] == "1Gi"
        assert each * processes < 1024


def test_grace_period_is_longer_than_what_a_process_may_take() -> None:
    longest = max(handler.queue.hard_limit for handler in declared())

    for worker in workers().values():
        grace = timedelta(
            seconds=worker["spec"]["template"]["spec"]["terminationGracePeriodSeconds"]
        )
        assert grace > longest
        assert grace.total_seconds() > CONFIGURATION["worker_soft_shutdown_timeout"]
    pod = named("Deployment", "web")["spec"]["template"]["spec"]
    (_sleep, seconds) = pod["containers"][0]["lifecycle"]["preStop"]["exec"]["command"]
    assert pod["terminationGracePeriodSeconds"] > int(seconds) + GRACE


def test_probes_are_answered() -> None:
    asked = set()
    for workload, _pod, container in workloads():
        probes = {name: probe for name, probe in container.items() if name.endswith("Probe")}
        for probe in probes.values():
            if "httpGet" not in probe:
                (file,) = (word for word in probe["exec"]["command"] if "find " in word)
                assert "/var/lib/shop/run" in file
                continue
            http = probe["httpGet"]
            asked.add(resolve(http["path"]).url_name)
            (host,) = http["httpHeaders"]
            assert host["name"] == "Host"
            assert host["value"] in settings.ALLOWED_HOSTS
            assert http["port"] in {port["name"] for port in container["ports"]}
        if probes:
            assert probes.keys() >= {"startupProbe", "livenessProbe"}, workload["metadata"]["name"]
    assert asked == {"readyz", "healthz"}
    (web,) = named("Deployment", "web")["spec"]["template"]["spec"]["containers"]
    assert web["livenessProbe"]["httpGet"]["path"] == "/healthz"
    assert web["readinessProbe"]["httpGet"]["path"] == "/readyz"


def test_only_beat_and_migrate_have_no_probe_and_no_disruption_budget() -> None:
    guarded = [one["spec"]["selector"]["matchLabels"] for one in of_kind("PodDisruptionBudget")]

    for workload, _pod, container in workloads():
        name = workload["metadata"]["name"]
        alone = name in ("beat", "migrate")
        assert ("livenessProbe" in container) is not alone
        selecting = [one for one in guarded if one.items() <= labels(workload).items()]
        assert len(selecting) == (0 if alone else 1), name


def test_disruption_budget_lets_a_node_be_drained() -> None:
    for budget in of_kind("PodDisruptionBudget"):
        spec = budget["spec"]
        if "minAvailable" in spec:
            replicas = named("Deployment", budget["metadata"]["name"])["spec"]["replicas"]
            assert spec["minAvailable"] < replicas
        else:
            assert spec["maxUnavailable"] == 1


def test_rollout_takes_no_web_away_before_another_serves() -> None:
    strategy = named("Deployment", "web")["spec"]["strategy"]["rollingUpdate"]

    assert (strategy["maxUnavailable"], strategy["maxSurge"]) == (0, 1)
    assert named("Deployment", "beat")["spec"]["strategy"] == {"type": "Recreate"}
    assert named("Deployment", "beat")["spec"]["replicas"] == 1


def test_network_policies_close_all_and_open_what_is_used() -> None:
    policies = {one["metadata"]["name"]: one["spec"] for one in of_kind("NetworkPolicy")}
    everywhere, web = policies["shop"], policies["web"]

    assert everywhere["podSelector"]["matchLabels"] == {"app.kubernetes.io/part-of": "shop"}
    assert everywhere["policyTypes"] == ["Ingress", "Egress"]
    assert "ingress" not in everywhere
    opened = {port["port"] for rule in everywhere["egress"] for port in rule["ports"]}
    assert opened == {53, 5432, 6432, 6379}
    assert web["podSelector"]["matchLabels"]["app.kubernetes.io/name"] == "web"
    assert [port["port"] for rule in web["ingress"] for port in rule["ports"]] == ["http"]
    (port,) = {port["port"] for rule in policies["metrics"]["ingress"] for port in rule["ports"]}
    (settings,) = of_kind("ConfigMap")
    assert settings["data"]["METRICS_PORT"] == str(port)
    names = {labels(workload)["app.kubernetes.io/name"] for workload, *_ in workloads()}
    (outgoing,) = policies["outgoing"]["podSelector"]["matchExpressions"]
    assert {*outgoing["values"]} <= names


@pytest.mark.parametrize("kind", ["Service", "Ingress"])
def test_requests_reach_the_web(kind: str) -> None:
    found = named(kind, "web")["spec"]
    web = labels(named("Deployment", "web"))

    if kind == "Service":
        assert found["selector"].items() <= web.items()
        assert [port["targetPort"] for port in found["ports"]] == ["http"]
    else:
        (path,) = found["rules"][0]["http"]["paths"]
        assert path["backend"]["service"] == {"name": "web", "port": {"name": "http"}}
