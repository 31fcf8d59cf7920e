"""What every test run is like: the shop's own settings, fed with a test's environment."""

import atexit
import functools
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import django
import pytest
import sqlparse

from tests.support import servers, truncation
from tests.support.deployed import DEPLOYED
from tests.support.machine import parts
from tests.support.mail_server import MailServer, listening
from tests.support.scheduling import ByFile

ROOT = Path(__file__).parent
VAR_DIR = tempfile.mkdtemp(prefix="shop-tests-")
atexit.register(shutil.rmtree, VAR_DIR, ignore_errors=True)
SHARED_MEMORY = Path("/dev/shm")  # noqa: S108  a folder of its own is made in it

# Before Django reads its settings. DATABASE_URL alone may come from outside; whatever else the
# shop would read is taken away, so that a test means the same on every machine. Processes that a
# test starts inherit all of this.
for line in (ROOT / ".env.example").read_text().splitlines():
    name = line.lstrip("# ").partition("=")[0]
    if name != "DATABASE_URL":
        os.environ.pop(name, None)
        os.environ.pop(f"{name}_FILE", None)
os.environ |= {
    **DEPLOYED,
    "DJANGO_SETTINGS_MODULE": "config.settings",
    "VAR_DIR": VAR_DIR,
    "ENV_FILE": os.devnull,
    # Plain keys: each test run has a Redis of its own, and tests look into it.
    "REDIS_PREFIX": "",
    # A library of the tests brings lxml, which the shop has not: openpyxl would read with it.
    "OPENPYXL_LXML": "False",
}
Path(VAR_DIR, "static").mkdir()
django.setup()

from django.conf import settings  # noqa: E402  the environment comes first
from django.utils import translation  # noqa: E402

if settings.DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    # A file, as in the shop: an in-memory database has other locks. In shared memory, if there is
    # any: waiting for the disk is a quarter of the bus's tests, and no test cuts the power.
    scratch = SHARED_MEMORY if os.access(SHARED_MEMORY, os.W_OK) else None
    folder = tempfile.mkdtemp(prefix="shop-tests-", dir=scratch)
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    settings.DATABASES["default"].setdefault("TEST", {})["NAME"] = f"{folder}/test.sqlite3"
truncation.install()
# Django's own takes 0.23 s of CPU for each hash, and no test is about its strength.
settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
# The audit reads the constraints of every table; on SQLite Django parses their statements for it,
# which takes 0.5 s of CPU, and audits are run by a hundred tests. The tables seldom change.
sqlparse.parse = functools.cache(sqlparse.parse)
# Or each client of a test would list 470 static files first, which takes 0.02 s of CPU.
settings.WHITENOISE_AUTOREFRESH = True


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what this machine cannot run; `make test` says so, and CI does not accept it.

    What asks no database says the same on each: it runs with SQLite alone. What starts processes
    comes first: it waits most.
    """
    items.sort(key=lambda item: item.get_closest_marker("live") is None)
    missing = {part.marker: part for part in parts() if part.missing}
    on_sqlite = settings.DATABASES["default"]["ENGINE"].endswith("sqlite3")
    if not on_sqlite:
        config.hook.pytest_deselected(items=[item for item in items if not asks_database(item)])
        items[:] = filter(asks_database, items)
    for item in items:
        for marker in item.iter_markers():
            if marker.name in missing:
                item.add_marker(pytest.mark.skip(reason=f"needs {missing[marker.name]}"))
            elif marker.name == "postgres" and on_sqlite:
                item.add_marker(pytest.mark.skip(reason="runs on PostgreSQL alone"))
            elif marker.name == "sqlite" and not on_sqlite:
                item.add_marker(pytest.mark.skip(reason="runs on SQLite alone"))


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """With `--dist loadfile`, as `python -m tests` has it, folders may stay together as well."""
    return ByFile(config, log) if config.getoption("dist") == "loadfile" else None


def asks_database(item: pytest.Item) -> bool:
    """Whether it uses the database of this test run, itself or in a shop that it starts."""
    marked = any(item.get_closest_marker(name) for name in ("django_db", "postgres", "live"))
    return marked or not {"db", "transactional_db"}.isdisjoint(getattr(item, "fixturenames", ()))


@pytest.fixture(autouse=True)
def documents_folder(settings: Any, tmp_path: Path) -> Path:
    """Of each test's own: the database is emptied after it, and documents belong to one."""
    settings.MEDIA_ROOT = tmp_path / "documents"
    return tmp_path / "documents"


@pytest.fixture(autouse=True)
def default_language() -> None:
    """The language of a request stays active in its thread, and so in the test after it."""
    translation.deactivate()


@pytest.fixture(scope="session")
def redis_url() -> Iterator[str]:
    """A Redis of this test run's own; a test that stops or empties one starts its own."""
    with servers.redis() as url:
        yield url


@pytest.fixture
def mail_server(settings: Any) -> Iterator[MailServer]:
    """An SMTP server that the shop's mails go to."""
    with listening() as (handler, port):
        settings.EMAIL_BACKEND = "shop.mail.smtp.SmtpBackend"
        settings.EMAIL_HOST = "127.0.0.1"
        settings.EMAIL_PORT = port
        settings.EMAIL_TIMEOUT = 5
        yield handler
