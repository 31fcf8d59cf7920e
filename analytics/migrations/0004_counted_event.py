"""Rename the model to the word for what it counts; the table keeps its name."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("analytics", "0003_kind_of_event")]

    operations = [
        migrations.AlterModelTable(name="CountedFact", table="analytics_countedfact"),
        migrations.RenameModel(old_name="CountedFact", new_name="CountedEvent"),
    ]
