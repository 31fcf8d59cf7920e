"""The keys by which personal data is encrypted, one for each person."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
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
    ]
