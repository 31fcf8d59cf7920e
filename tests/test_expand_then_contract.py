"""Migrations only add, so that the release before works on their tables: docs/deploy.md has why."""

import pytest
from django.db import migrations, models
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.operations.base import Operation
from django.db.models.fields import NOT_PROVIDED

OLDER = {
    "analytics": 4, "billing": 5, "bus": 17, "fulfillment": 5, "inventory": 2, "notifications": 4,
    "orders": 7, "outlets": 1, "shop": 8,
}  # fmt: skip
"""The last migration of each app that is older than the rule."""

REMOVES = (
    migrations.RemoveField, migrations.DeleteModel, migrations.RenameField, migrations.RenameModel,
    migrations.AlterModelTable, migrations.RemoveIndex,
)  # fmt: skip


def fault(operation: Operation, new_models: set[str]) -> str:
    """Why the code of the release before could not go on; empty if it could."""
    if isinstance(operation, REMOVES):
        return f"{type(operation).__name__} takes away what older code uses"
    if isinstance(operation, migrations.AddField):
        field = operation.field
        may_be_left_out = field.null or field.db_default is not NOT_PROVIDED or field.many_to_many
        if not may_be_left_out and operation.model_name.lower() not in new_models:
            return f"{operation.name} has no db_default, so older code cannot insert a row"
    return ""


def faults(operations: list[Operation]) -> list[str]:
    new = {one.name.lower() for one in operations if isinstance(one, migrations.CreateModel)}
    return [found for one in operations if (found := fault(one, new))]


def test_migrations_only_add_or_say_why_not() -> None:
    """If yours may remove something: `contracts = "..."` in its class says why it is safe."""
    found = {
        f"{app}.{name}": wrong
        for (app, name), migration in MigrationLoader(None).disk_migrations.items()
        if app in OLDER and int(name[:4]) > OLDER[app]
        if not getattr(migration, "contracts", "")
        if (wrong := faults(migration.operations))
    }

    assert found == {}


@pytest.mark.parametrize(
    "operation",
    [
        migrations.RemoveField("order", "email"),
        migrations.RenameField("order", "email", "address"),
        migrations.DeleteModel("order"),
        migrations.RemoveIndex("order", "order_email"),
        migrations.AddField("order", "note", models.TextField(default="")),
    ],
)
def test_operation_that_older_code_does_not_survive_is_found(operation: Operation) -> None:
    assert faults([operation])


@pytest.mark.parametrize(
    "operation",
    [
        migrations.AddField("order", "note", models.TextField(db_default="")),
        migrations.AddField("order", "note", models.TextField(null=True)),
        migrations.CreateModel("note", [("id", models.BigAutoField(primary_key=True))]),
    ],
)
def test_operation_that_adds_is_allowed(operation: Operation) -> None:
    assert faults([operation]) == []
