"""A permission for each action of an operator, instead of one for all."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("bus", "0022_keys_of_persons")]

    operations = [
        migrations.AlterModelOptions(
            "console",
            {
                "default_permissions": (),
                "permissions": [
                    ("run_job", "Can run jobs"),
                    ("drop_message", "Can drop quarantined messages"),
                ],
                "verbose_name": "console",
                "verbose_name_plural": "console",
            },
        ),
        migrations.AlterModelOptions(
            "delivery",
            {
                "permissions": [
                    ("redeliver_delivery", "Can deliver again"),
                    ("discard_delivery", "Can discard deliveries"),
                ],
                "verbose_name_plural": "deliveries",
            },
        ),
        migrations.AlterModelOptions(
            "subscription",
            {
                "ordering": ["event_type", "name"],
                "permissions": [
                    ("pause_subscription", "Can pause and resume subscriptions"),
                    ("retire_subscription", "Can retire subscriptions"),
                    ("backfill_subscription", "Can backfill subscriptions"),
                ],
            },
        ),
    ]
