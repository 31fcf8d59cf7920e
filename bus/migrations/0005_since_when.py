"""Since when a delivery has been open, apart from when it is due again."""

import django.db.models.functions.datetime
from django.db import migrations, models
from django.db.models import F, Q
from django.db.models.functions import Now

OPEN = Q(state="waiting") | Q(state__in=["sent", "running", "sending"]) | Q(state="dead")


def as_far_as_known(apps, editor):
    """What is open already has been so since it was due last; nothing tells more."""
    if editor.connection.vendor == "postgresql":
        editor.execute("SET LOCAL statement_timeout = 0")  # a backlog may hold a million
    deliveries = apps.get_model("bus", "Delivery").objects
    deliveries.filter(OPEN, due_at__lt=Now()).update(due_since=F("due_at"))


class Migration(migrations.Migration):
    dependencies = [("bus", "0004_indexes_for_one_purpose_each")]

    operations = [
        migrations.AddField(
            model_name="delivery",
            name="due_since",
            field=models.DateTimeField(db_default=django.db.models.functions.datetime.Now()),
        ),
        migrations.AddField(
            model_name="delivery",
            name="retry_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="delivery",
            name="uncounted",
            field=models.PositiveSmallIntegerField(
                db_default=0,
                help_text="Tries that cost none: pauses asked for, trouble of the database.",
            ),
        ),
        migrations.RunPython(as_far_as_known, migrations.RunPython.noop),
    ]
