"""A forgotten order has no customer: checked row by row while the shop works on."""

from django.db import migrations, models


class AddConstraintBesideWriters(migrations.AddConstraint):
    """Add it for new rows first, at once, and then check the others, which blocks no writer."""

    def database_forwards(self, app_label, schema_editor, from_state, to_state):
        if schema_editor.connection.vendor != "postgresql":
            super().database_forwards(app_label, schema_editor, from_state, to_state)
            return
        model = to_state.apps.get_model(app_label, self.model_name)
        table = f"ALTER TABLE {schema_editor.quote_name(model._meta.db_table)}"
        name = schema_editor.quote_name(self.constraint.name)
        schema_editor.execute(f"{table} DROP CONSTRAINT IF EXISTS {name}")
        added = self.constraint.create_sql(model, schema_editor)
        schema_editor.execute(f"{added} NOT VALID", params=None)
        schema_editor.execute("SET statement_timeout = 0")
        try:
            schema_editor.execute(f"{table} VALIDATE CONSTRAINT {name}")
        finally:
            schema_editor.execute("RESET statement_timeout")


class Migration(migrations.Migration):
    # Alone, so that it can be repeated after an interruption.
    atomic = False

    dependencies = [("orders", "0008_forgotten_customers")]

    operations = [
        AddConstraintBesideWriters(
            model_name="order",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("forgotten_at", None),
                    models.Q(
                        ("city", ""), ("email", ""), ("line1", ""), ("line2", ""), ("name", ""),
                        ("postal_code", ""), ("region", ""),
                    ),
                    _connector="OR",
                ),
                name="orders_order_forgotten_is_blank",
            ),
        ),
    ]
