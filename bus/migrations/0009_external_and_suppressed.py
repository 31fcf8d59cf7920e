"""New names in the code for columns that stay: workers of the release before still run."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ("bus", "0008_name_of_the_keys"),
    ]

    operations = [
        migrations.AlterField(model_name="delivery", name="quiet", field=models.BooleanField(db_column='quiet', db_default=False, help_text='So are the events it leads to.')),
        migrations.RenameField(model_name="delivery", old_name="quiet", new_name="suppressed"),
        migrations.AlterField(model_name="event", name="quiet", field=models.BooleanField(db_column='quiet', db_default=False, help_text='Part of a quiet backfill: external effects are suppressed.')),
        migrations.RenameField(model_name="event", old_name="quiet", new_name="suppressed"),
        migrations.AlterField(model_name="subscription", name="outside", field=models.BooleanField(db_column='outside', help_text='Its effect is outside of this database.')),
        migrations.RenameField(model_name="subscription", old_name="outside", new_name="external"),
        migrations.AlterField(model_name="subscription", name="visible", field=models.BooleanField(db_column='visible', db_default=True, help_text='Left out of a quiet backfill.')),
        migrations.RenameField(model_name="subscription", old_name="visible", new_name="suppressible"),
    ]
