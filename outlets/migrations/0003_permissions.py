"""A permission to send webhooks again, apart from changing their endpoints."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("outlets", "0002_index_of_waiting")]

    operations = [
        migrations.AlterModelOptions(
            "webhook",
            {
                "ordering": ["-id"],
                "permissions": [("resend_webhook", "Can send webhooks again")],
            },
        ),
    ]
