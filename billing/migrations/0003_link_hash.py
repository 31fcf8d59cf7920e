"""Documents are found by the hash of their order's link; the order's id opens nothing."""

from django.db import migrations, models

from billing import immutable
from shop.columns import LinkHash
from shop.links import hash_of, token_of

BATCH = 1000


def give_links(apps, _editor):
    documents = apps.get_model("billing", "Invoice")
    batch = []
    for document in documents.objects.only("id", "order_id").order_by("id").iterator(BATCH):
        document.link_hash = hash_of(token_of(document.order_id))
        batch.append(document)
        if len(batch) == BATCH:
            documents.objects.bulk_update(batch, ["link_hash"])
            batch = []
    documents.objects.bulk_update(batch, ["link_hash"])


class Migration(migrations.Migration):
    dependencies = [("billing", "0002_frozen_content")]

    operations = [
        # SQLite builds the table anew, and would drop them.
        migrations.RunPython(
            lambda _apps, editor: immutable.remove(editor),
            lambda _apps, editor: immutable.install(editor),
        ),
        migrations.AddField(
            model_name="invoice",
            name="link_hash",
            field=LinkHash(of="order_id", db_index=True),
        ),
        migrations.AlterField(
            model_name="invoice",
            name="order_id",
            field=models.UUIDField(verbose_name="order's public id"),
        ),
        migrations.RunPython(give_links, migrations.RunPython.noop),
        migrations.RunPython(
            lambda _apps, editor: immutable.install(editor),
            lambda _apps, editor: immutable.remove(editor),
        ),
    ]
