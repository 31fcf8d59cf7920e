"""The index of what waits, with live deliveries before bulk, in place of the one without."""

from importlib import import_module

from django.db import migrations, models

_of_failures = import_module("bus.migrations.0015_index_of_failures")
AddIndexBesideWriters, NO_LIMITS = _of_failures.AddIndexBesideWriters, _of_failures.NO_LIMITS


class RemoveIndexBesideWriters(migrations.RemoveIndex):
    """As Django's RemoveIndexConcurrently, but for SQLite too, and without the time limits."""

    def database_forwards(self, app_label, schema_editor, from_state, to_state):
        model = from_state.apps.get_model(app_label, self.model_name)
        if not self.allow_migrate_model(schema_editor.connection.alias, model):
            return
        if schema_editor.connection.vendor != "postgresql":
            schema_editor.execute(f"DROP INDEX IF EXISTS {self.name}")
            return
        for limit in NO_LIMITS:
            schema_editor.execute(f"SET {limit} = 0")
        try:
            schema_editor.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {self.name}")
        finally:
            for limit in NO_LIMITS:
                schema_editor.execute(f"RESET {limit}")


class Migration(migrations.Migration):
    atomic = False

    contracts = """Older code answers the same without the index, slower by what waits: while the
    release rolls. Kept beside the new one, it would slow this release down for longer: PostgreSQL,
    which takes bulk for rare, reads it, and with it all bulk to find what is live."""

    dependencies = [("bus", "0018_bulk")]

    operations = [
        AddIndexBesideWriters(
            model_name="delivery",
            index=models.Index(
                condition=models.Q(("state", "waiting")),
                fields=["subscription", "bulk", "due_at", "id"],
                name="bus_delivery_waiting",
            ),
        ),
        RemoveIndexBesideWriters(model_name="delivery", name="bus_delivery_due"),
    ]
