"""The limits of a queue, as its handlers declare them."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("bus", "0015_index_of_failures")]

    operations = [
        migrations.AddField(
            "queue",
            "rate",
            models.FloatField(null=True, help_text="So many deliveries a second are claimed."),
        ),
        migrations.AddField(
            "queue",
            "at_once",
            models.PositiveSmallIntegerField(
                null=True, help_text="So many deliveries are in flight at most."
            ),
        ),
        migrations.AddField(
            "queue",
            "empty_at",
            models.DateTimeField(
                null=True,
                help_text="The bucket of the rate was empty then, and has been filling since.",
            ),
        ),
    ]
