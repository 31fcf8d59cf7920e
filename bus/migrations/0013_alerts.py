"""When operators were last alerted of a cause."""

from django.db import migrations, models
from django.db.models.functions import Now


class Migration(migrations.Migration):
    dependencies = [("bus", "0012_failed_attempts")]

    operations = [
        migrations.CreateModel(
            name="Alert",
            fields=[
                ("cause", models.CharField(max_length=100, primary_key=True, serialize=False)),
                ("at", models.DateTimeField(db_default=Now())),
                (
                    "lasts",
                    models.BooleanField(default=False, help_text="The standstill has not ended."),
                ),
            ],
        ),
    ]
