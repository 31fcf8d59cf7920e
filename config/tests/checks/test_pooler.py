"""Behind PgBouncer the time limits are in force, or the shop does not start."""

import re
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.conf import settings
from django.db import connections
from django.db.utils import ConnectionHandler

from bus.store.limits import LIMITS, LimitsMissing, require_limits
from config.checks.database import check_database, check_limits
from config.database import database
from tests.support.servers import new_database, pgbouncer, postgres

pytestmark = [pytest.mark.pgbouncer, pytest.mark.django_db]

FOLDER = Path("/")


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    with postgres() as url:
        yield url


@pytest.fixture
def empty(server: str) -> Iterator[str]:
    """The database of a role without limits."""
    yield server
    with psycopg.connect(server.replace("postgres://", "postgresql://"), autocommit=True) as one:
        one.execute("ALTER ROLE shop IN DATABASE shop RESET ALL")


def used(monkeypatch: pytest.MonkeyPatch, url: str, *, pooler: bool) -> dict[str, Any]:
    found = database(url, {"PASSWORD": ""}, var_dir=FOLDER, folder=FOLDER, pooler=pooler)
    ready = connections.configure_settings({"default": found})["default"]
    monkeypatch.setitem(settings.DATABASES, "default", ready)
    monkeypatch.setattr(settings, "DATABASE_POOLER", pooler)
    return found


def test_direct_connection_has_the_time_limits(monkeypatch: pytest.MonkeyPatch, empty: str) -> None:
    used(monkeypatch, empty, pooler=False)

    assert check_limits().state == "in force"


def test_pooler_that_refuses_limits_is_named(monkeypatch: pytest.MonkeyPatch, empty: str) -> None:
    with pgbouncer(empty) as url:
        used(monkeypatch, url, pooler=False)

        found = check_database()

    assert found.state == "refuses the limits that a connection starts with"
    assert "set DATABASE_POOLER=1" in found.fix
    assert all(f"SET {name} = '{value}'" in found.fix for name, value in LIMITS.items())


def test_pooler_that_ignores_limits_is_reported(
    monkeypatch: pytest.MonkeyPatch, empty: str
) -> None:
    with pgbouncer(empty, ignore_startup_parameters="options") as url:
        used(monkeypatch, url, pooler=False)

        assert not check_database().fails
        assert check_limits().fails
        assert all(name in check_limits().state for name in LIMITS)
        assert check_limits().fix.startswith("Behind a pooler set DATABASE_POOLER=1.")
        connection = ConnectionHandler({"default": settings.DATABASES["default"]})["default"]
        with closing(connection), pytest.raises(LimitsMissing, match=r"has no .*lock_timeout"):
            require_limits(connection)


def test_statements_named_in_the_refusal_fix_it(
    monkeypatch: pytest.MonkeyPatch, empty: str
) -> None:
    with pgbouncer(empty) as url:
        used(monkeypatch, url, pooler=True)
        statements = re.findall(r"ALTER ROLE [^;]+", check_limits().fix)
        assert len(statements) == len(LIMITS)
        with psycopg.connect(empty.replace("postgres://", "postgresql://")) as connection:
            for statement in statements:
                connection.execute(statement)
    with pgbouncer(empty) as url:  # a new one has new sessions, as after RECONNECT
        used(monkeypatch, url, pooler=True)

        assert not check_database().fails
        assert check_limits().state == "in force"


def test_pooler_that_is_not_set_is_noticed_though_the_role_has_the_limits(
    monkeypatch: pytest.MonkeyPatch, empty: str
) -> None:
    with psycopg.connect(empty.replace("postgres://", "postgresql://")) as connection:
        for name, value in LIMITS.items():
            statement: Any = f"ALTER ROLE shop IN DATABASE shop SET {name} = '{value}'"
            connection.execute(statement)
    with pgbouncer(empty, ignore_startup_parameters="options") as url:
        used(monkeypatch, url, pooler=False)
        assert check_limits().fix.startswith("Set DATABASE_POOLER=1")
        connection = ConnectionHandler({"default": settings.DATABASES["default"]})["default"]
        with closing(connection), pytest.raises(LimitsMissing, match="drops the options"):
            require_limits(connection)

        used(monkeypatch, url, pooler=True)
        assert check_limits().state == "in force"


def test_repeated_statement_works_on_every_pooled_session(
    monkeypatch: pytest.MonkeyPatch, empty: str
) -> None:
    with pgbouncer(empty, default_pool_size="2") as url:
        found = used(monkeypatch, url, pooler=True)
        shops = [ConnectionHandler({"default": found})["default"] for _ in range(4)]
        try:
            for turn in range(20):
                for shop in shops:
                    with shop.cursor() as cursor:
                        cursor.execute("SELECT %s::int + 1", [turn])
                        assert cursor.fetchone() == (turn + 1,)
        finally:
            for shop in shops:
                shop.close()


def test_named_statements_use_the_databases_own_name(
    monkeypatch: pytest.MonkeyPatch, empty: str
) -> None:
    used(monkeypatch, new_database(empty, "Other shop").replace(" ", "%20"), pooler=True)

    assert 'IN DATABASE "Other shop"' in check_limits().fix
