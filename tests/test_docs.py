"""The code of the pages in docs/ runs, and what the pages name exists."""

import ast
import importlib
import re
import sys
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from types import ModuleType

import pytest
from celery import current_app
from django.core.management import get_commands, load_command_class
from pytest_django.fixtures import Settings

from bus import handlers
from bus.models import Delivery
from bus.testing import given, settle
from shop.testing import placed
from tests.support.http_stub import HttpStub

ROOT = Path(__file__).parents[1]
PAGES = [*ROOT.glob("*.md"), *ROOT.glob("docs/*.md"), *ROOT.glob("docs/reliability/*.md")]
BLOCK = re.compile(r"^```python\n# (?P<path>\S+)\n(?P<code>.*?)^```$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\]\((?!https?:)([^)#\s]+)")


@pytest.fixture
def fraud(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ModuleType]:
    """The app of docs/add-a-subscriber.md; no other app is subscribed meanwhile."""
    for block in BLOCK.finditer((ROOT / "docs/add-a-subscriber.md").read_text()):
        file = tmp_path / block["path"]
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(block["code"])
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setattr(handlers, "by_name", {})
    yield importlib.import_module("fraud.tasks")
    for handler in handlers.declared("fraud"):
        current_app.tasks.pop(handler.name)
    for name in [name for name in sys.modules if name.partition(".")[0] == "fraud"]:
        del sys.modules[name]


@pytest.fixture
def scoring(settings: Settings) -> Iterator[HttpStub]:
    """The scoring service of the page."""
    with HttpStub() as stub:
        settings.SCORING_URL = stub.url
        settings.SCORING_TOKEN = "a token"
        yield stub


TESTS = ["order_is_flagged_and_scored", "refused_order_is_dead"]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("name", TESTS)
def test_test_on_the_page_passes(fraud: ModuleType, scoring: HttpStub, name: str) -> None:
    getattr(importlib.import_module("fraud.tests.test_tasks"), f"test_{name}")(scoring)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("headers", [{}, {"Retry-After": "90"}])
def test_test_of_retries_on_the_page_passes(
    fraud: ModuleType, scoring: HttpStub, headers: dict[str, str]
) -> None:
    page = importlib.import_module("fraud.tests.test_tasks")

    page.test_busy_service_is_called_again_with_same_key(scoring, headers)

    assert scoring.received[0].headers["idempotency-key"].endswith(".fraud.score-order")


@pytest.mark.django_db(transaction=True)
def test_subscriber_on_the_page_without_address_is_dead(
    fraud: ModuleType, settings: Settings
) -> None:
    settings.SCORING_URL = settings.SCORING_TOKEN = ""
    given(placed("SO-1", LAMP=2))

    settle()

    one = Delivery.objects.get(subscription__name="fraud.tasks.score_order")
    assert one.state == "dead"
    assert "SCORING_URL must begin with https://" in one.error


def test_links_of_all_pages_lead_to_a_file() -> None:
    pages = [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")]
    links = [(page, link) for page in pages for link in LINK.findall(page.read_text())]

    assert len(links) > 50
    assert [(p.name, link) for p, link in links if not (p.parent / link).exists()] == []


CODE = re.compile(r"^```\w*\n(.*?)^```$|`([^`\n]+)`", re.MULTILINE | re.DOTALL)
COMMAND = re.compile(r"manage\.py (?P<name>[\w-]+\w)(?P<rest>[^\n#;|&]*)")
TARGET = re.compile(r"^make (?P<name>[a-z][a-z-]*)", re.MULTILINE)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_commands_of_page_exist_with_their_options(page: Path) -> None:
    code = "\n".join(block or span for block, span in CODE.findall(page.read_text()))
    apps = get_commands()
    unknown = [name for name, _ in COMMAND.findall(code) if name not in apps]
    unknown += [
        f"{name} {option}"
        for name, rest in COMMAND.findall(code)
        for option in re.findall(r"(?<=\s)--[a-z-]+", rest)
        if name in apps and option not in _help(apps[name], name)
    ]
    makefile = (ROOT / "Makefile").read_text()
    unknown += [name for name in TARGET.findall(code) if f"\n{name}:" not in makefile]

    assert unknown == []


@cache
def _help(app: str, name: str) -> set[str]:
    """The options of a command."""
    parser = load_command_class(app, name).create_parser("manage.py", name)
    return set(re.findall(r"--[a-z-]+", parser.format_help()))


NAMED = re.compile(r"`(?P<file>[\w/]+\.py):(?P<name>[\w.]+)`")


def test_architecture_names_only_functions_that_exist() -> None:
    named = NAMED.findall((ROOT / "docs/architecture.md").read_text())

    assert len(named) > 20
    assert [f"{file}:{name}" for file, name in named if name not in _defined(ROOT / file)] == []


def test_architecture_has_every_package_of_the_bus_in_its_row() -> None:
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]
    (layers,) = (
        contract["layers"]
        for contract in contracts["contracts"]
        if contract.get("containers") == ["bus"]
    )
    table = (ROOT / "docs/architecture.md").read_text().split("| package of `bus` |")[1]
    rows = re.findall(r"^\| (`.+?`) \|", table.split("\n\n")[0], re.MULTILINE)

    assert [set(re.findall(r"`(\w+)`", row)) for row in rows] == [
        set(re.findall(r"\w+", layer)) for layer in layers if layer != "(tests)"
    ]


def _defined(file: Path) -> set[str]:
    """The functions, classes and methods of a module; none where there is no such file."""
    if not file.exists():
        return set()
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
    top = [node for node in ast.parse(file.read_text()).body if isinstance(node, kinds)]
    methods = [
        f"{one.name}.{node.name}"
        for one in top
        if isinstance(one, ast.ClassDef)
        for node in one.body
        if isinstance(node, kinds)
    ]
    return {one.name for one in top} | set(methods)
