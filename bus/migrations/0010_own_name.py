"""The name that the database keeps is the project's. Its column stays."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("bus", "0009_external_and_suppressed")]

    operations = [
        migrations.AlterField(
            "relaystate",
            "shop",
            models.CharField(blank=True, db_column="shop", db_default="", max_length=32),
        ),
        migrations.RenameField("relaystate", "shop", "own_name"),
    ]
