"""Migrations of a large ledger: the shop works on while they run."""

from collections.abc import Iterator

import pytest
from django.db import connection
from django.db.migrations import AddIndex
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.loader import MigrationLoader
from django.test.utils import CaptureQueriesContext

from bus.models import Delivery
from bus.store.limits import missing_limits

LEDGER = ("delivery", "event")
WITH_A_LOCK = {"0001_initial", "0004_indexes_for_one_purpose_each"}
"""Written when no ledger was large yet."""

INDEX = "bus_delivery_failing"
BEFORE, BUILT = ("bus", "0014_console"), ("bus", "0015_index_of_failures")


def indexes() -> set[str]:
    with connection.cursor() as cursor:
        found = connection.introspection.get_constraints(cursor, Delivery._meta.db_table)
    return {name for name, one in found.items() if one["index"]}


def migrate(*targets: tuple[str, str]) -> None:
    MigrationExecutor(connection).migrate(list(targets))


@pytest.fixture
def restored(transactional_db: None) -> Iterator[None]:
    """Later tests have all migrations."""
    yield
    migrate(*MigrationLoader(None).graph.leaf_nodes("bus"))


def test_index_of_ledger_is_not_built_in_a_transaction() -> None:
    migrations = MigrationLoader(None).disk_migrations
    with_index = {
        name: migration
        for (app, name), migration in migrations.items()
        if app == "bus"
        and any(
            isinstance(one, AddIndex) and one.model_name in LEDGER for one in migration.operations
        )
    }

    assert {name for name, one in with_index.items() if one.atomic} == WITH_A_LOCK
    assert BUILT[1] in with_index


def test_interrupted_index_is_built_again(restored: None) -> None:
    migrate(BEFORE)
    assert INDEX not in indexes()
    with connection.cursor() as cursor:  # as an interrupted migration leaves it
        cursor.execute(f"CREATE INDEX {INDEX} ON bus_delivery (id)")

    with CaptureQueriesContext(connection) as queries:
        migrate(BUILT)

    with connection.cursor() as cursor:
        found = connection.introspection.get_constraints(cursor, Delivery._meta.db_table)
    assert found[INDEX]["columns"] == ["failure_key", "state", "id"]
    assert missing_limits(connection) == []
    if connection.vendor == "postgresql":
        built = [one["sql"] for one in queries if f'"{INDEX}"' in one["sql"]]
        assert [sql.startswith("CREATE INDEX CONCURRENTLY") for sql in built] == [True]
