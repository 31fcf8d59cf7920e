"""The database refuses to change a numbered document."""

from django.db import migrations

from billing import immutable


class Migration(migrations.Migration):
    dependencies = [("billing", "0001_initial")]

    operations = [
        migrations.RunPython(
            lambda _apps, editor: immutable.install(editor),
            lambda _apps, editor: immutable.remove(editor),
        )
    ]
