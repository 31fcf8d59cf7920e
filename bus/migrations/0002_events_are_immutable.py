"""The database refuses to update or delete an event."""

from django.db import migrations

from bus import immutable


class Migration(migrations.Migration):
    dependencies = [("bus", "0001_initial")]

    operations = [
        migrations.RunPython(
            lambda _apps, editor: immutable.install(editor),
            lambda _apps, editor: immutable.remove(editor),
        )
    ]
