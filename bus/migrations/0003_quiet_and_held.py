"""Events without effects outside the shop, subscriptions that are held, how far was pruned."""

from django.db import migrations, models
from django.db.models import F

from bus.store import append_only


def assume_visible(apps, _editor):
    """What reaches outside is noticed there, until its workers say otherwise at a start."""
    apps.get_model("bus", "Subscription").objects.update(visible=F("outside"))


class Migration(migrations.Migration):
    dependencies = [("bus", "0002_events_are_immutable")]

    operations = [
        # SQLite adds a column by making the table again, which loses its triggers.
        migrations.RunPython(
            lambda _apps, editor: append_only.remove(editor),
            lambda _apps, editor: append_only.install(editor),
        ),
        migrations.AddField(
            model_name="event",
            name="quiet",
            field=models.BooleanField(
                db_default=False, help_text="Nobody outside the shop may notice."
            ),
        ),
        migrations.RunPython(
            lambda _apps, editor: append_only.install(editor),
            lambda _apps, editor: append_only.remove(editor),
        ),
        migrations.AddField(
            model_name="delivery",
            name="quiet",
            field=models.BooleanField(db_default=False, help_text="So are the events it leads to."),
        ),
        migrations.AddField(
            model_name="subscription",
            name="visible",
            field=models.BooleanField(
                db_default=True, help_text="Somebody outside the shop notices its effect."
            ),
        ),
        migrations.AddField(
            model_name="subscription",
            name="held_until",
            field=models.DateTimeField(
                blank=True,
                help_text="Not claimed until then, while a backfill is at work.",
                null=True,
            ),
        ),
        migrations.AddField(
            model_name="relaystate",
            name="forgotten_until",
            field=models.DateTimeField(null=True),
        ),
        migrations.RunPython(assume_visible, migrations.RunPython.noop),
    ]
