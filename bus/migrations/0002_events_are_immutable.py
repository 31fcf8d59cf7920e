"""The database refuses to update or delete an event."""

from django.db import migrations

from bus.store import append_only


class Migration(migrations.Migration):
    dependencies = [("bus", "0001_initial")]

    operations = [
        migrations.RunPython(
            lambda _apps, editor: append_only.install(editor),
            lambda _apps, editor: append_only.remove(editor),
        )
    ]
