"""Failed attempts, notes on groups of failures, and the group of a delivery's last failure.

Deliveries that failed before have no group; they are found by their state. The column locks the
ledger for a moment; its index, which takes long to build, has a migration of its own.
"""

from django.db import migrations, models
from django.db.models.functions import Now


class Migration(migrations.Migration):
    dependencies = [("bus", "0011_help_of_suppression")]

    operations = [
        migrations.AddField(
            model_name="delivery",
            name="failure_key",
            field=models.CharField(
                editable=False,
                help_text="The group of its last failure, while it is open.",
                max_length=16,
                null=True,
            ),
        ),
        migrations.CreateModel(
            name="FailedAttempt",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("number", models.PositiveSmallIntegerField()),
                ("at", models.DateTimeField(db_default=Now())),
                ("worker", models.CharField(blank=True, max_length=200)),
                (
                    "lasted",
                    models.DurationField(
                        help_text="From its start; unknown if it was lost.", null=True
                    ),
                ),
                ("kind", models.CharField(max_length=200)),
                ("frame", models.CharField(blank=True, max_length=300)),
                ("text", models.TextField(blank=True)),
                ("failure_key", models.CharField(max_length=16)),
                (
                    "delivery",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=models.DO_NOTHING,
                        related_name="failed_attempts",
                        to="bus.delivery",
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(fields=["delivery", "id"], name="bus_failed_of_delivery"),
                    models.Index(fields=["failure_key", "id"], name="bus_failed_of_group"),
                ],
            },
        ),
        migrations.CreateModel(
            name="FailureNote",
            fields=[
                (
                    "failure_key",
                    models.CharField(max_length=16, primary_key=True, serialize=False),
                ),
                ("text", models.TextField()),
                ("who", models.CharField(max_length=150)),
                ("at", models.DateTimeField(db_default=Now())),
            ],
        ),
    ]
