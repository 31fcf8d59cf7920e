"""The index of webhooks that wait, which the buttons of staff read."""

from importlib import import_module

from django.db import migrations, models

AddIndexBesideWriters = import_module("bus.migrations.0015_index_of_failures").AddIndexBesideWriters


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("outlets", "0001_initial")]

    operations = [
        AddIndexBesideWriters(
            model_name="webhook",
            index=models.Index(
                condition=models.Q(("state", "waiting")),
                fields=["endpoint", "event"],
                name="outlets_webhook_waiting",
            ),
        ),
    ]
