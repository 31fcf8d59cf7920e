"""The project keeps its rules, and each rule reports a project that breaks it."""

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
from tests.private_access import private_access
from tests.support.apps import APPS, OPTIONAL, OPTIONAL_QUEUES
from tests.support.compose import commands, procfile, services
from tests.support.files import write
from tests.support.fresh_process import handlers_after_setup

ROOT = Path(__file__).parent.parent
Build = Callable[[dict[str, str]], Path]


@pytest.fixture
def build(tmp_path: Path) -> Build:
    """Write the files of another project."""
    return partial(write, tmp_path)


def ours() -> list[Handler]:
    """The apps' handlers, without those that tests have made."""
    return [r for r in declared() if r.name.partition(".")[0] in APPS]


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
        after=timedelta(0),
        unless="",
        external=False,
        repeatable=False,
        suppressible=False,
        stage="",
        whole_batch=False,
        personal=True,
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


def test_no_test_uses_private_name(build: Build) -> None:
    assert private_access(ROOT) == []

    code = "_cache = {}\n\ndef _claim(): ...\n\nclass Relay:\n    def _note(self): ...\n"
    tests = [
        "import claims\nclaims._claim()\n",
        "from claims import _cache\n",
        'patch.setattr(relay, "_note", None)\n',
        'patch.setattr("bus.claims._claim", None)\n',
    ]
    fine = "class Mine:\n    def _note(self): ...\n\nMine()._note()\nModel._meta.pk\n"
    broken = build(
        {"bus/claims.py": code, "bus/tests/test_fine.py": fine}
        | {f"bus/tests/test_{n}.py": text for n, text in enumerate(tests)}
    )
    assert [fault.partition(";")[0] for fault in private_access(broken)] == [
        "bus/tests/test_0.py:2 uses _claim",
        "bus/tests/test_1.py:1 uses _cache",
        "bus/tests/test_2.py:1 uses _note",
        "bus/tests/test_3.py:1 uses _claim",
    ]


def test_every_app_has_its_parts(build: Build) -> None:
    assert rules.incomplete_apps(ROOT) == []

    parts = {f"orders/{part}.py": "" for part in (*rules.EVERY_APP_HAS, *rules.WITH_MODELS)}
    del parts["orders/services.py"], parts["orders/audit.py"]
    assert rules.incomplete_apps(build(parts), ["orders"]) == ["orders has no services"]
    assert rules.incomplete_apps(build({"orders/models.py": ""}), ["orders"]) == [
        "orders has no services",
        "orders has no audit",
    ]


def test_lists_of_pyproject_name_all_apps() -> None:
    assert rules.partial_lists(tomllib.loads((ROOT / "pyproject.toml").read_text())) == []

    layers = {"name": "Layers", "layers": ["config", "orders | billing", "shop"]}
    toml = {"testpaths": ["orders", "fulfillment"], "lint": {"contracts": [layers]}}
    assert rules.partial_lists(toml, ["orders", "billing", "fulfillment"]) == [
        "testpaths lacks billing",
        "lint.contracts (Layers).layers lacks fulfillment",
    ]
    assert rules.partial_lists({"one": ["orders"]}, ["orders", "billing"]) == []


def test_each_app_has_queue_of_its_name_and_retry_policy() -> None:
    assert rules.queue_faults(ours(), set(APPS) - set(OPTIONAL)) == []

    stray = replace(a_handler("orders"), queue=Queue("billing"), retry=None)
    assert rules.queue_faults([stray], ["orders", "billing"]) == [
        "billing has no handler",
        "orders.tasks.react runs in queue billing",
        "orders.tasks.react has no retry policy",
    ]


@pytest.mark.parametrize(
    ("lines", "optional"),
    [(commands(services()), OPTIONAL_QUEUES), ([*procfile().values()], ())],
    ids=["compose", "Procfile"],
)
def test_each_queue_has_one_worker_of_its_own(lines: list[str], optional: tuple[str]) -> None:
    queues = {handler.queue.name for handler in ours()} | {*optional}
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
    groups = project["dependency-groups"]
    runtime = [*project["project"]["dependencies"], *groups.pop("shop")]
    everything = [*runtime, *(package for group in groups.values() for package in group)]
    assert rules.unlocked(runtime, (ROOT / "requirements.txt").read_text()) == []
    for name, extra in (groups | {"dev": everything}).items():
        assert rules.unlocked(extra, (ROOT / f"requirements-{name}.txt").read_text()) == []

    assert rules.unlocked(["django>=5.2", "rich>=14"], "django-unfold==1\nrich==14") == ["django"]
