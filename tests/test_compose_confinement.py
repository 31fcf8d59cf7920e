"""The compose file gives its containers secrets by files, and no right that they do not use."""

import os
import re

import pytest

from tests.containers.values import known, secret_settings
from tests.support import compose

SERVICES = compose.services()
OURS = [name for name, service in SERVICES.items() if service["image"] == "shop"]
SECRETS = secret_settings()


def test_each_secret_may_come_from_a_file() -> None:
    ours = SERVICES["web"]

    assert {*ours["secrets"]} == {*compose.document()["secrets"]} == SECRETS
    for name in SECRETS:
        mounted = f"${{{name}_FILE:+/run/secrets/{name}}}"
        assert ours["environment"][f"{name}_FILE"] == mounted, f"{name}_FILE"
        # An empty file counts as not set.
        default = {"file": f"${{{name}_FILE:-{os.devnull}}}"}
        assert compose.document()["secrets"][name] == default, name
    explained, _, _ = (compose.ROOT / ".env.example").read_text().partition("ENV_FILE=")
    assert [name for name in SECRETS if not re.search(rf"\b{name}\b", explained)] == []


@pytest.mark.parametrize("name", OURS)
def test_every_service_has_every_secret(name: str) -> None:
    assert SERVICES[name]["secrets"] == SERVICES["web"]["secrets"]


@pytest.mark.parametrize("name", OURS)
def test_service_can_change_nothing_of_its_image_and_has_limits(name: str) -> None:
    service = SERVICES[name]

    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert service["cpus"]
    assert service["pids_limit"]
    assert service["mem_limit"]


@pytest.mark.parametrize("name", ["postgres", "redis", "mail"])
def test_server_has_no_right_that_it_does_not_use(name: str) -> None:
    assert SERVICES[name]["cap_drop"] == ["ALL"]
    assert SERVICES[name]["security_opt"] == ["no-new-privileges:true"]


@pytest.mark.parametrize("name", [*compose.worker_names(), "work"])
def test_worker_may_use_the_memory_that_its_processes_may(name: str) -> None:
    known_limits = known()
    each, processes = (
        int(known_limits[setting]) for setting in ("WORKER_MAX_MEMORY_MB", "WORKER_CONCURRENCY")
    )

    assert SERVICES[name]["mem_limit"] == "1g"
    assert each * processes < 1024


@pytest.mark.parametrize("name", sorted({*OURS} - {"migrate", "beat"}))
def test_service_has_a_health_check(name: str) -> None:
    assert SERVICES[name]["healthcheck"]["test"]
