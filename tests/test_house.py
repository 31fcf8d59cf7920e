"""The rules of the house hold, and each of them reports a house that breaks it."""

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
from bus.registry import Handler, handlers
from orders.models import Order
from shop.events import OrderPlaced
from tests import house
from tests.compose import commands, procfile, services

ROOT = Path(__file__).parent.parent
Build = Callable[[dict[str, str]], Path]


@pytest.fixture
def build(tmp_path: Path) -> Build:
    """Write the files of a house that is not ours."""

    return partial(_write, tmp_path)


def ours() -> list[Handler]:
    """The rooms' handlers, without those that tests have made."""
    return [r for r in handlers() if r.name.partition(".")[0] in house.ROOMS]


def a_handler(room: str) -> Handler:
    retry = Retry(
        on=(), times=2, first_wait=timedelta(seconds=1), longest_wait=timedelta(seconds=1)
    )
    return Handler(
        name=f"{room}.tasks.react",
        event_type=OrderPlaced,
        function=print,
        queue=Queue(room),
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


def test_every_module_is_named_by_what_it_does(build: Build) -> None:
    assert house.drawers(ROOT) == []

    broken = build({"orders/utils.py": "", "shop/helpers/money.py": ""})
    assert len(house.drawers(broken)) == 2


def test_no_module_is_longer_than_a_reader_can_hold(build: Build) -> None:
    assert house.long_modules(ROOT) == []

    broken = build({"billing/services.py": "\n" * 251, "billing/models.py": "\n" * 250})
    assert house.long_modules(broken) == ["billing/services.py has 251 lines"]


def test_every_module_says_what_it_is_for(build: Build) -> None:
    assert house.silent_modules(ROOT) == []

    broken = build(
        {"bus/clock.py": "now = 1", "bus/retry.py": '"""When."""', "bus/__init__.py": ""}
    )
    assert house.silent_modules(broken) == ["bus/clock.py has no docstring"]


def test_all_rooms_have_the_same_parts(build: Build) -> None:
    assert house.misshapen_rooms(ROOT) == []

    parts = {f"orders/{part}.py": "" for part in house.EVERY_ROOM_HAS if part != "audit"}
    assert house.misshapen_rooms(build(parts), ["orders"]) == ["orders has no audit"]


def test_each_room_has_its_queue_with_its_name_and_a_retry_policy() -> None:
    assert house.queue_faults(ours()) == []

    stray = replace(a_handler("orders"), queue=Queue("billing"), retry=None)
    assert house.queue_faults([stray], ["orders", "billing"]) == [
        "billing reacts to nothing",
        "orders.tasks.react runs in queue billing",
        "orders.tasks.react has no retry policy",
    ]


@pytest.mark.parametrize(
    "lines", [commands(services()), [*procfile().values()]], ids=["compose", "Procfile"]
)
def test_each_queue_has_one_worker_of_its_own(lines: list[str]) -> None:
    queues = {handler.queue.name for handler in ours()}
    assert house.worker_faults(queues, lines) == []

    without = [line for line in lines if "--queues billing" not in line]
    assert house.worker_faults(queues, without) == ["billing has 0 workers"]
    assert house.worker_faults(queues - {"billing"}, lines) == [
        "a worker waits at billing, where nothing comes"
    ]


def test_one_receiver_hears_that_an_order_was_saved() -> None:
    assert house.receiver_faults(post_save, Order) == []

    signal = ModelSignal()
    assert house.receiver_faults(signal, Order) == ["nobody receives Order; it must be one"]
    for receiver in (lambda **_: None, lambda **_: None):
        signal.connect(receiver, sender=Order, weak=False)
    assert len(house.receiver_faults(signal, Order)) == 1


def test_a_process_knows_all_subscriptions_once_django_is_set_up(build: Build) -> None:
    declared = house.declared_subscriptions(ROOT)
    assert {"billing.tasks.issue_invoice", "analytics.tasks.record_sales"} <= declared
    assert house.known_after_setup() >= declared

    elsewhere = "@subscribe(OrderPlaced, queue=QUEUE)\ndef watch(order): ...\n"
    broken = build({"billing/late.py": elsewhere})
    assert house.declared_subscriptions(broken) - declared == {"billing.late.watch"}


def test_every_setting_is_explained() -> None:
    settings = (ROOT / "config/settings.py").read_text()
    example = (ROOT / ".env.example").read_text()
    assert house.undocumented(settings, example) == []

    assert house.undocumented('env.str("SECRET_KEY")', "PORT=1") == [
        "SECRET_KEY is read but not explained",
        "PORT is explained but not read",
    ]


def test_every_package_that_is_asked_for_is_locked() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    runtime = project["project"]["dependencies"]
    everything = [*runtime, *project["dependency-groups"]["dev"]]
    assert house.unlocked(runtime, (ROOT / "requirements.txt").read_text()) == []
    assert house.unlocked(everything, (ROOT / "requirements-dev.txt").read_text()) == []

    assert house.unlocked(["django>=5.2", "rich>=14"], "django-unfold==1\nrich==14") == ["django"]


def test_the_rules_of_import_hold() -> None:
    assert house.broken_contracts(ROOT) == ""


FORBIDDEN = [
    ("bus.relay", "shop", "The house"),
    ("shop.events", "orders", "The house"),
    ("billing.services", "orders.models", "The house"),
    ("billing.tasks", "config", "The house"),
    ("inventory.services", "inventory.tasks", "A room"),
    ("inventory.models", "inventory.selectors", "A room"),
    ("inventory.serializers", "inventory.api", "A room"),
    ("fulfillment.tasks", "celery", "Only the bus and the roof"),
    ("shop.views", "redis", "Only the bus and the roof"),
    ("fulfillment.services", "bus.worker", "Rooms use the bus by its front door"),
    ("fulfillment.services", "bus.testing", "The test kit"),
    ("orders.services", "shop.testing", "The test kit"),
]


@pytest.fixture(scope="module")
def reports(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What is reported of a house with all the forbidden imports, by contract."""
    files = _stubs()
    for module, imported, _ in FORBIDDEN:
        files[_path(module, files)] += f"import {imported}\n"
    report = house.broken_contracts(_write(tmp_path_factory.mktemp("broken"), files))
    parts = re.split(r"^(.+)\n-+\n", report, flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


@pytest.mark.parametrize(("module", "imported", "contract"), FORBIDDEN)
def test_a_forbidden_import_is_reported(
    reports: dict[str, str], module: str, imported: str, contract: str
) -> None:
    report = next(text for name, text in reports.items() if name.startswith(contract))

    assert f"{module} -> {imported}" in report


def _write(root: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    return root


def _path(module: str, files: dict[str, str]) -> str:
    path = module.replace(".", "/")
    return f"{path}.py" if f"{path}.py" in files else f"{path}/__init__.py"


def _stubs() -> dict[str, str]:
    """The smallest house that keeps every rule."""
    packages = [*house.PACKAGES, "bus/relay", "bus/worker"]
    behind = ["context", "registration", "registry", "testing", "transport"]
    room = ["api", "tasks", "serializers", "services", "selectors", "models"]
    modules = [f"bus/{name}.py" for name in behind] + ["shop/events.py"]
    modules += ["shop/testing.py", "shop/views.py"]
    modules += [f"{name}/{part}.py" for name in house.ROOMS for part in room]
    modules += [f"{package}/__init__.py" for package in packages]
    contracts = (ROOT / "pyproject.toml").read_text()
    return dict.fromkeys(modules, "") | {"pyproject.toml": contracts}


def test_the_smallest_house_keeps_every_rule(build: Build) -> None:
    assert house.broken_contracts(build(_stubs())) == ""
