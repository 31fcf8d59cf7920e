"""The index of the groups of failures, built while the shop works on.

It may be interrupted: run `migrate` again. An index that was left half built is dropped first.
"""

from django.db import migrations, models

NO_LIMITS = ("statement_timeout", "lock_timeout")
"""It takes long on a large ledger, and waits for older transactions, which it does not block."""


class AddIndexBesideWriters(migrations.AddIndex):
    """As Django's AddIndexConcurrently, but for SQLite too, and without the shop's time limits."""

    def database_forwards(self, app_label, schema_editor, from_state, to_state):
        is_postgresql = schema_editor.connection.vendor == "postgresql"
        model = to_state.apps.get_model(app_label, self.model_name)
        if not self.allow_migrate_model(schema_editor.connection.alias, model):
            return
        if not is_postgresql:
            schema_editor.execute(f"DROP INDEX IF EXISTS {self.index.name}")
            schema_editor.add_index(model, self.index)
            return
        for limit in NO_LIMITS:
            schema_editor.execute(f"SET {limit} = 0")
        try:
            schema_editor.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {self.index.name}")
            schema_editor.add_index(model, self.index, concurrently=True)
        finally:
            for limit in NO_LIMITS:
                schema_editor.execute(f"RESET {limit}")


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("bus", "0014_console")]

    operations = [
        AddIndexBesideWriters(
            model_name="delivery",
            index=models.Index(
                condition=models.Q(("failure_key__isnull", False)),
                fields=["failure_key", "state", "id"],
                name="bus_delivery_failing",
            ),
        ),
    ]
