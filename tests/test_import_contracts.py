"""The contracts of pyproject.toml hold, and each reports the imports that it forbids."""

import re
from pathlib import Path

import pytest

from tests import project_rules as rules
from tests.support.apps import APPS, PACKAGES
from tests.support.files import write

ROOT = Path(__file__).parents[1]


def test_import_contracts_hold() -> None:
    assert rules.broken_contracts(ROOT) == ""


FORBIDDEN = [
    ("bench.site", "tests.chaos", "Of tests"),
    ("tests.support.servers", "tests.live", "Of tests"),
    ("bus.relay", "shop", "Layers"),
    ("shop.events", "orders", "Layers"),
    ("billing.services", "orders.models", "Layers"),
    ("billing.tasks", "config", "Layers"),
    ("inventory.services", "inventory.tasks", "Inside an app"),
    ("inventory.models", "inventory.selectors", "Inside an app"),
    ("inventory.serializers", "inventory.api", "Inside an app"),
    ("fulfillment.tasks", "celery", "Only bus and config"),
    ("shop.views", "redis", "Only bus and config"),
    ("fulfillment.services", "bus.worker", "Apps import the public modules of the bus"),
    ("fulfillment.services", "bus.testing", "Testing helpers"),
    ("orders.services", "shop.testing", "Testing helpers"),
    ("fulfillment.services", "bus.store.claims", "Apps import the public modules of the bus"),
    ("bus.store", "bus.worker", "Inside bus"),
    ("bus.worker", "bus.ops", "Inside bus"),
    ("bus.ops", "bus.relay", "Inside bus"),
    ("bus.handlers", "bus.models", "Inside bus"),
    ("config.checks", "config.local", "Inside config"),
]
OF_BUS = (
    "broker/envelope", "broker/message", "broker/transport", "context", "handlers", "models",
    "store/attempts", "store/claims", "store/outbox", "store/poll", "store/rescue", "store/starts",
    "testing",
)  # fmt: skip
NOT_SHARED = ("audit", "chaos", "containers", "damage", "live", "submissions")
"""Packages of `tests` that are not for others."""
CIRCLES = [("config.local.lock", "config.local.redis"), ("bus.store.claims", "bus.store.outbox")]


@pytest.fixture(scope="module")
def reports(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The report on a project with all the forbidden imports, by contract."""
    files = _stubs()
    back = [(second, first) for first, second in CIRCLES]
    for module, imported, *_ in [*FORBIDDEN, *CIRCLES, *back]:
        files[_path(module, files)] += f"import {imported}\n"
    report = rules.broken_contracts(write(tmp_path_factory.mktemp("broken"), files))
    parts = re.split(r"^(.+)\n-+\n", report, flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


@pytest.mark.parametrize(("module", "imported", "contract"), FORBIDDEN)
def test_forbidden_import_is_reported(
    reports: dict[str, str], module: str, imported: str, contract: str
) -> None:
    report = next(text for name, text in reports.items() if name.startswith(contract))

    assert f"{module} -> {imported}" in report


@pytest.mark.parametrize("package", ["bus.store", "config.local"])
def test_import_circle_is_reported(reports: dict[str, str], package: str) -> None:
    report = reports[f"No import circles inside {package.partition('.')[0]}"]

    assert f"No cycles are allowed in {package}." in report


def _path(module: str, files: dict[str, str]) -> str:
    path = module.replace(".", "/")
    return f"{path}.py" if f"{path}.py" in files else f"{path}/__init__.py"


def _stubs() -> dict[str, str]:
    """The smallest project that keeps every contract."""
    packages = [*PACKAGES, "config/checks", "config/local"]
    packages += [f"bus/{name}" for name in ("broker", "ops", "relay", "store", "worker")]
    parts = ["api", "tasks", "serializers", "services", "selectors", "models"]
    modules = [f"bus/{name}.py" for name in OF_BUS] + ["shop/events.py"]
    modules += ["shop/testing.py", "shop/views.py"]
    modules += ["config/local/lock.py", "config/local/redis.py"]
    modules += ["bench/site.py", "tests/support/servers.py"]
    modules += ["tests/project_rules.py", "tests/wording.py"]
    packages += ["tests/support", *(f"tests/{name}" for name in NOT_SHARED)]
    modules += [f"{name}/{part}.py" for name in APPS for part in parts]
    modules += [f"{package}/__init__.py" for package in packages]
    contracts = (ROOT / "pyproject.toml").read_text()
    return dict.fromkeys(modules, "") | {"pyproject.toml": contracts}


def test_smallest_project_keeps_every_contract(tmp_path: Path) -> None:
    assert rules.broken_contracts(write(tmp_path, _stubs())) == ""
