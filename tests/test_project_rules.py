"""The project keeps its rules, and each rule reports a project that breaks it."""

import re
import tomllib
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest
from django.db.models.signals import ModelSignal, post_save

from bus import Queue, Retry
from bus.handlers import Handler, declared
from orders.models import Order
from shop.events import OrderPlaced
from tests import project_rules as rules
from tests.support.compose import commands, procfile, services
from tests.support.fresh_process import handlers_after_setup

ROOT = Path(__file__).parent.parent
Build = Callable[[dict[str, str]], Path]


@pytest.fixture
def build(tmp_path: Path) -> Build:
    """Write the files of another project."""
    return partial(_write, tmp_path)


def ours() -> list[Handler]:
    """The apps' handlers, without those that tests have made."""
    return [r for r in declared() if r.name.partition(".")[0] in rules.APPS]


def a_handler(app: str) -> Handler:
    retry = Retry(
        on=(), times=2, first_wait=timedelta(seconds=1), longest_wait=timedelta(seconds=1)
    )
    return Handler(
        name=f"{app}.tasks.react",
        event_type=OrderPlaced,
        function=print,
        queue=Queue(app),
        retry=retry,
        batch=1,
        ordered=False,
        external=False,
        repeatable=False,
        suppressible=False,
        stage="",
        whole_batch=False,
        lock=None,
        using=None,
    )


def test_no_module_has_vague_name(build: Build) -> None:
    assert rules.vague_modules(ROOT) == []

    broken = build({"orders/utils.py": "", "shop/helpers/money.py": ""})
    assert len(rules.vague_modules(broken)) == 2


def test_no_module_is_longer_than_limit(build: Build) -> None:
    assert rules.long_modules(ROOT) == []

    broken = build({"billing/services.py": "\n" * 251, "billing/models.py": "\n" * 250})
    assert rules.long_modules(broken) == ["billing/services.py has 251 lines"]


def test_every_module_has_docstring(build: Build) -> None:
    assert rules.undescribed_modules(ROOT) == []

    broken = build(
        {"bus/clock.py": "now = 1", "bus/retry.py": '"""When."""', "bus/__init__.py": ""}
    )
    assert rules.undescribed_modules(broken) == ["bus/clock.py has no docstring"]


def test_all_apps_have_same_parts(build: Build) -> None:
    assert rules.incomplete_apps(ROOT) == []

    parts = {f"orders/{part}.py": "" for part in rules.EVERY_APP_HAS if part != "audit"}
    assert rules.incomplete_apps(build(parts), ["orders"]) == ["orders has no audit"]


def test_each_app_has_queue_of_its_name_and_retry_policy() -> None:
    assert rules.queue_faults(ours()) == []

    stray = replace(a_handler("orders"), queue=Queue("billing"), retry=None)
    assert rules.queue_faults([stray], ["orders", "billing"]) == [
        "billing has no handler",
        "orders.tasks.react runs in queue billing",
        "orders.tasks.react has no retry policy",
    ]


@pytest.mark.parametrize(
    "lines", [commands(services()), [*procfile().values()]], ids=["compose", "Procfile"]
)
def test_each_queue_has_one_worker_of_its_own(lines: list[str]) -> None:
    queues = {handler.queue.name for handler in ours()}
    assert rules.worker_faults(queues, lines) == []

    without = [line for line in lines if "--queues billing" not in line]
    assert rules.worker_faults(queues, without) == ["billing has 0 workers"]
    assert rules.worker_faults(queues - {"billing"}, lines) == [
        "a worker consumes billing, which is no app's queue"
    ]


def test_order_has_one_post_save_receiver() -> None:
    assert rules.receiver_faults(post_save, Order) == []

    signal = ModelSignal()
    assert rules.receiver_faults(signal, Order) == [
        "Order must have one receiver; it has no receiver"
    ]
    for receiver in (lambda **_: None, lambda **_: None):
        signal.connect(receiver, sender=Order, weak=False)
    assert len(rules.receiver_faults(signal, Order)) == 1


def test_django_setup_registers_all_handlers(build: Build) -> None:
    declared = rules.declared_subscriptions(ROOT)
    assert {"billing.tasks.issue_invoice", "analytics.tasks.record_sales"} <= declared
    assert handlers_after_setup() >= declared

    elsewhere = "@subscribe(OrderPlaced, queue=QUEUE)\ndef watch(order): ...\n"
    broken = build({"billing/late.py": elsewhere})
    assert rules.declared_subscriptions(broken) - declared == {"billing.late.watch"}


def test_every_setting_is_explained() -> None:
    settings = (ROOT / "config/settings.py").read_text()
    example = (ROOT / ".env.example").read_text()
    assert rules.undocumented(settings, example) == []

    assert rules.undocumented('env.str("SECRET_KEY")', "PORT=1") == [
        "SECRET_KEY is read but not explained",
        "PORT is explained but not read",
    ]


def test_every_required_package_is_locked() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    runtime = [*project["project"]["dependencies"], *project["dependency-groups"]["shop"]]
    everything = [*runtime, *project["dependency-groups"]["dev"]]
    assert rules.unlocked(runtime, (ROOT / "requirements.txt").read_text()) == []
    assert rules.unlocked(everything, (ROOT / "requirements-dev.txt").read_text()) == []

    assert rules.unlocked(["django>=5.2", "rich>=14"], "django-unfold==1\nrich==14") == ["django"]


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
    "broker/envelope", "broker/transport", "context", "handlers", "models", "store/attempts",
    "store/claims", "store/outbox", "store/poll", "store/rescue", "store/starts", "testing",
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
    report = rules.broken_contracts(_write(tmp_path_factory.mktemp("broken"), files))
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


def _write(root: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    return root


def _path(module: str, files: dict[str, str]) -> str:
    path = module.replace(".", "/")
    return f"{path}.py" if f"{path}.py" in files else f"{path}/__init__.py"


def _stubs() -> dict[str, str]:
    """The smallest project that keeps every contract."""
    packages = [*rules.PACKAGES, "config/checks", "config/local"]
    packages += [f"bus/{name}" for name in ("broker", "ops", "relay", "store", "worker")]
    parts = ["api", "tasks", "serializers", "services", "selectors", "models"]
    modules = [f"bus/{name}.py" for name in OF_BUS] + ["shop/events.py"]
    modules += ["shop/testing.py", "shop/views.py"]
    modules += ["config/local/lock.py", "config/local/redis.py"]
    modules += ["bench/site.py", "tests/support/servers.py"]
    modules += ["tests/project_rules.py", "tests/wording.py"]
    packages += ["tests/support", *(f"tests/{name}" for name in NOT_SHARED)]
    modules += [f"{name}/{part}.py" for name in rules.APPS for part in parts]
    modules += [f"{package}/__init__.py" for package in packages]
    contracts = (ROOT / "pyproject.toml").read_text()
    return dict.fromkeys(modules, "") | {"pyproject.toml": contracts}


def test_smallest_project_keeps_every_contract(build: Build) -> None:
    assert rules.broken_contracts(build(_stubs())) == ""
