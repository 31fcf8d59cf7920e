"""The index by which a person's events are found, built while the shop works on."""

from importlib import import_module

from django.db import migrations, models

AddIndexBesideWriters = import_module("bus.migrations.0015_index_of_failures").AddIndexBesideWriters


class Migration(migrations.Migration):
    # Alone, so that it can be repeated after an interruption.
    atomic = False

    dependencies = [("bus", "0023_permissions")]

    operations = [
        AddIndexBesideWriters(
            model_name="personaldata",
            index=models.Index(
                condition=models.Q(("person__isnull", False)),
                fields=["person"],
                name="bus_personaldata_of",
            ),
        ),
    ]
