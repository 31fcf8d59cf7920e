"""Help texts in the glossary's words; the tables stay as they are."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("bus", "0010_own_name")]

    operations = [
        migrations.AlterField(
            "event",
            "suppressed",
            models.BooleanField(
                db_column="quiet",
                db_default=False,
                help_text="Part of a backfill with --suppressed: suppressible handlers do not run.",
            ),
        ),
        migrations.AlterField(
            "subscription",
            "suppressible",
            models.BooleanField(
                db_column="visible",
                db_default=True,
                help_text="Does not run in a backfill with --suppressed.",
            ),
        ),
    ]
