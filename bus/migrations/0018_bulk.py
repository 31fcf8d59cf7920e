"""What an operator makes due is marked, so that live deliveries are claimed before it."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("bus", "0017_delays_and_deadlines")]

    operations = [
        migrations.AddField(
            "delivery",
            "bulk",
            models.BooleanField(
                db_default=False,
                help_text="Backfilled, or delivered again by an operator: live ones are claimed "
                "first.",
            ),
        ),
    ]
