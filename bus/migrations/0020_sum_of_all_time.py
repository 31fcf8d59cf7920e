"""The sum of all that was done outgrows 32 bits. The table is small: it is rewritten at once."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("bus", "0019_index_of_waiting")]

    operations = [migrations.AlterField("pace", "done", models.PositiveBigIntegerField())]
