"""When a delivery is due after its event, and which event makes it pointless."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("bus", "0016_limits_of_queues")]

    operations = [
        migrations.AddField(
            "subscription",
            "after",
            models.PositiveIntegerField(
                db_default=0, help_text="So many seconds after its event a delivery is due."
            ),
        ),
        migrations.AddField(
            "subscription",
            "unless",
            models.CharField(
                max_length=100,
                db_default="",
                blank=True,
                help_text="The event that makes a delivery pointless: it is discarded when it is "
                "due.",
            ),
        ),
    ]
