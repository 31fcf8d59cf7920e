"""A shop's name for its keys in Redis."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("bus", "0007_audit_results")]

    operations = [
        migrations.AddField(
            "relaystate", "shop", models.CharField(blank=True, db_default="", max_length=32)
        ),
    ]
