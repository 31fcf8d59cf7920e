"""Each index of the ledger serves one question, and PostgreSQL clears them often."""

from django.db import migrations, models

CLEARED = {
    "autovacuum_vacuum_scale_factor": "0",
    "autovacuum_vacuum_threshold": "20000",
    "autovacuum_analyze_scale_factor": "0",
    "autovacuum_analyze_threshold": "500",
    "vacuum_index_cleanup": "on",
}
"""A delivery is changed three times and then never again. What those changes leave behind lies at
the head of the indexes where the relay looks, so it is cleared by how much it is, and not by how
much it is of all that was ever done. Without the last setting PostgreSQL leaves the indexes of a
large table alone. The statistics are taken often, because a plan that was made while the table was
empty lasts until they are."""


def take_the_time(_apps, editor):
    """An index of a large ledger takes longer to build than a statement of the shop may last."""
    if editor.connection.vendor == "postgresql":
        editor.execute("SET LOCAL statement_timeout = 0")


def clear_often(_apps, editor):
    if editor.connection.vendor == "postgresql":
        settings = ", ".join(f"{name} = {value}" for name, value in CLEARED.items())
        editor.execute(f"ALTER TABLE bus_delivery SET ({settings})")


def as_usual(_apps, editor):
    if editor.connection.vendor == "postgresql":
        editor.execute(f"ALTER TABLE bus_delivery RESET ({', '.join(CLEARED)})")


class Migration(migrations.Migration):
    dependencies = [("bus", "0003_quiet_and_held")]

    operations = [
        migrations.RunPython(take_the_time, migrations.RunPython.noop),
        migrations.RemoveIndex(model_name="delivery", name="bus_delivery_lane"),
        migrations.AddIndex(
            model_name="delivery",
            index=models.Index(
                condition=models.Q(
                    ("ordered", True),
                    ("state__in", ("waiting", "sent", "running", "sending", "dead")),
                ),
                fields=["stream", "queue", "event"],
                name="bus_delivery_lane",
            ),
        ),
        migrations.RunPython(clear_often, as_usual),
        migrations.RunPython(migrations.RunPython.noop, take_the_time),
    ]
