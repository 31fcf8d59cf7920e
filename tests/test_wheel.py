"""The wheel holds the bus alone, and a fresh project runs it as docs/use-the-bus.md says."""

import ast
import os
import re
import signal
import subprocess
import sys
import tomllib
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any

import pytest

from tests.support import servers

ROOT = Path(__file__).parents[1]
UV = ROOT / ".venv/bin/uv"
BLOCK = re.compile(r"^```python\n# (?P<path>\S+)\n(?P<code>.*?)^```$", re.MULTILINE | re.DOTALL)
LOCKED = re.compile(r"^[a-z0-9.-]+==\S+", re.MULTILINE)
COMMITTED = ("git", "ls-files", "--cached", "--others", "--exclude-standard", "bus")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]

pytestmark = pytest.mark.timeout(600)  # 30 s on a machine with nothing else to do


def run(*command: object, cwd: Path = ROOT, **environment: str) -> str:
    """The output of a command that succeeds."""
    done = subprocess.run(
        [str(part) for part in command], cwd=cwd, env=os.environ | environment,
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built by the backend that the development packages hold, so without a network."""
    if not UV.exists():
        pytest.skip("make has installed the packages with pip, and there is no uv to build with")
    folder = tmp_path_factory.mktemp("dist")
    run(UV, "build", "--quiet", "--wheel", "--no-build-isolation",
        "--python", sys.executable, "--out-dir", folder)  # fmt: skip
    (found,) = folder.glob("*.whl")
    return found


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Path]:
    """Installs the wheel with some extras into an empty environment; returns its programs."""

    def install(*extras: str) -> Path:
        folder = tmp_path_factory.mktemp("environment")
        # The versions that the shop is tested with, so that they are in uv's cache.
        versions = folder / "versions.txt"
        versions.write_text("\n".join(LOCKED.findall((ROOT / "requirements.txt").read_text())))
        run(UV, "venv", "--quiet", "--python", sys.executable, folder / "venv")
        run(UV, "pip", "install", "--quiet", "--system-certs", "--constraints", versions,
            "--python", folder / "venv/bin/python", f"{wheel}[{','.join(extras)}]")  # fmt: skip
        return folder / "venv/bin"

    return install


class Project:
    """A fresh Django project with the code of docs/use-the-bus.md."""

    def __init__(self, programs: Path, folder: Path, database: str, broker: str) -> None:
        self.programs, self.folder = programs, folder
        self.environment = {"REDIS_URL": broker, "PYTHONPATH": ""}
        run(programs / "django-admin", "startproject", "project", folder, **self._outer())
        for block in BLOCK.finditer((ROOT / "docs/use-the-bus.md").read_text()):
            code = block["code"]
            file = folder / block["path"]
            file.parent.mkdir(exist_ok=True)
            if file.name == "settings.py":
                code = f"{file.read_text()}\n{database}\n{code}"
            file.write_text(code)
        (folder / "books/__init__.py").touch()

    def _outer(self) -> dict[str, str]:
        return self.environment | {"DJANGO_SETTINGS_MODULE": "project.settings"}

    def manage(self, *arguments: str) -> str:
        python = self.programs / "python"
        return run(python, "manage.py", *arguments, cwd=self.folder, **self._outer())

    def shelved(self) -> str:
        return self.manage("shell", "--no-imports", "-c", SHELVED).strip()

    @contextmanager
    def running(self, *command: str) -> Iterator[None]:
        """One of its processes, until the end of the block."""
        process = subprocess.Popen(
            [str(self.programs / command[0]), *command[1:]],
            cwd=self.folder, env=os.environ | self._outer(),
        )  # fmt: skip
        try:
            yield
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(60)


RETURN = "from books.services import return_book; return_book({!r})"
SHELVED = """
from books.models import Shelving
print(*Shelving.objects.order_by("pk").values_list("book", flat=True))
"""
WAIT = """
import time
from books.models import Shelving
from books.services import return_book
return_book({!r})
deadline = time.monotonic() + 100
while Shelving.objects.count() < {} and time.monotonic() < deadline:
    time.sleep(0.2)
"""
POSTGRES = """
DATABASES = {{"default": {{"ENGINE": "django.db.backends.postgresql",
    "HOST": "127.0.0.1", "PORT": {0}, "NAME": "shop", "USER": "shop"}}}}
"""


def postgres_settings(url: str) -> str:
    return POSTGRES.format(url.rpartition("@")[2].partition(":")[2].partition("/")[0])


@pytest.mark.parametrize(
    ("extras", "database"),
    [
        pytest.param((), nullcontext, id="SQLite"),
        pytest.param(("postgres",), servers.postgres, id="PostgreSQL", marks=pytest.mark.postgres),
    ],
)
def test_fresh_project_handles_events_without_a_broker_and_with_one(
    installed: Callable[..., Path], tmp_path: Path, extras: tuple[str, ...], database: Any
) -> None:
    with database() as url, servers.redis() as broker:
        settings = postgres_settings(url) if url else ""
        project = Project(installed(*extras), tmp_path, settings, broker)
        project.manage("makemigrations", "books")
        project.manage("migrate")
        project.manage("subscriptions", "--register")

        project.manage("shell", "--no-imports", "-c", RETURN.format("Emma"))
        assert "books.tasks.shelve: 1 done" in project.manage("relay", "--drain")
        assert project.shelved() == "Emma"

        worker = ("celery", "-A", "project", "worker", "--queues", "books", "--concurrency", "1")
        with project.running(*worker), project.running("python", "manage.py", "relay"):
            project.manage("shell", "--no-imports", "-c", WAIT.format("Persuasion", 2))
        assert project.shelved() == "Emma Persuasion"

        project.environment["REDIS_URL"] = ""
        with project.running("python", "manage.py", "work", "--processes", "2"):
            project.manage("shell", "--no-imports", "-c", WAIT.format("Sanditon", 3))
        assert project.shelved() == "Emma Persuasion Sanditon"


THEME = """
INSTALLED_APPS = ["unfold", "unfold.contrib.filters", *INSTALLED_APPS]
"""
PAGES = """
from django.contrib.admin import site
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
staff, _ = User.objects.get_or_create(username="admin", is_staff=True, is_superuser=True)
client = Client(headers={"host": "localhost"})
client.force_login(staff)
for model in site._registry:
    if model._meta.app_label == "bus":
        page = reverse(f"admin:{model._meta.label_lower.replace('.', '_')}_changelist")
        print(page, client.get(page).status_code)
"""


def test_admin_has_the_pages_of_the_bus_with_its_theme_alone(
    installed: Callable[..., Path], tmp_path: Path
) -> None:
    project = Project(installed("admin"), tmp_path, "", "")
    pages = ("shell", "--no-imports", "-c", PAGES)

    project.manage("makemigrations", "books")
    project.manage("migrate")
    assert project.manage(*pages) == ""

    settings = tmp_path / "project/settings.py"
    settings.write_text(settings.read_text() + THEME)
    assert "no issues" in project.manage("check")
    answers = project.manage(*pages).splitlines()
    assert "/admin/bus/delivery/ 200" in answers
    assert [line for line in answers if not line.endswith(" 200")] == []


def test_wheel_holds_every_file_of_the_bus_and_nothing_else(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as file:
        held = {name for name in file.namelist() if ".dist-info/" not in name}
        about = {name.partition(".dist-info/")[2] for name in file.namelist()} - {""}
        ours = {name for name in run(*COMMITTED).splitlines() if (ROOT / name).exists()}

    assert held == {name for name in ours if not name.startswith("bus/tests/")}
    assert {"bus/py.typed", "bus/templates/bus/ask.html", "bus/migrations/0001_initial.py"} < held
    assert about == {"METADATA", "RECORD", "WHEEL", "licenses/LICENSE"}


def test_packages_that_the_bus_imports_are_those_of_its_wheel() -> None:
    extras = [one for group in PROJECT["optional-dependencies"].values() for one in group]
    names = [re.split(r"[^a-z-]", one)[0] for one in [*PROJECT["dependencies"], *extras]]
    wanted = {name.replace("-", "_") for name in names}
    wanted -= {"psycopg"}  # Django imports it
    wanted = wanted - {"django_unfold"} | {"unfold"}
    wanted |= {"amqp", "kombu", "redis"}  # celery[redis] brings them
    wanted |= {"asgiref", "botocore", "pycurl", "google", "grpc"}  # Django and two extras do

    assert imported(ROOT / "bus") - set(sys.stdlib_module_names) - {"bus"} == wanted


SHOP = re.compile(r"\b(?:shops?|customers?|invoices?|checkouts?|orders|an order)\b", re.IGNORECASE)


def test_bus_says_nothing_of_a_shop() -> None:
    named = [
        f"{file.relative_to(ROOT)}: {line.strip()}"
        for file in [*(ROOT / "bus").rglob("*.py"), *(ROOT / "bus").rglob("*.html")]
        if not {"tests", "migrations"} & set(file.relative_to(ROOT).parts)
        for line in file.read_text().splitlines()
        if SHOP.search(line.replace('db_column="shop"', ""))
    ]

    assert named == []


def imported(folder: Path) -> set[str]:
    """The top packages that modules import, without their tests."""
    found = set()
    for file in folder.rglob("*.py"):
        if "tests" in file.relative_to(folder).parts:
            continue
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.Import):
                found |= {alias.name.partition(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom):
                found.add(str(node.module).partition(".")[0])
    return found
