"""The keys by which personal data is encrypted, one for each person."""

from importlib import import_module

import django.db.models.deletion
from django.db import migrations, models

AddIndexBesideWriters = import_module("bus.migrations.0015_index_of_failures").AddIndexBesideWriters


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("bus", "0020_sum_of_all_time")]

    operations = [
        migrations.CreateModel(
            name="Person",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("digest", models.CharField(max_length=64, unique=True)),
                ("secret", models.CharField(help_text="Encrypted by the master key it names.", max_length=120)),
            ],
            options={"verbose_name": "key of a person", "verbose_name_plural": "keys of persons"},
        ),
        migrations.AddField(
            model_name="personaldata",
            name="person",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.DO_NOTHING,
                to="bus.person",
            ),
        ),
        migrations.AlterField(
            model_name="personaldata",
            name="data",
            field=models.JSONField(help_text="An object in clear, or a text that `person` has the key of."),
        ),
        AddIndexBesideWriters(
            model_name="personaldata",
            index=models.Index(
                condition=models.Q(("person__isnull", False)),
                fields=["person"],
                name="bus_personaldata_of",
            ),
        ),
    ]
