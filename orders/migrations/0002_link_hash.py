"""Orders are found by the hash of their link's token; those of old get theirs here."""

from django.db import migrations

from shop.columns import LinkHash
from shop.links import hash_of, token_of

BATCH = 1000


def give_links(apps, _editor):
    orders = apps.get_model("orders", "Order")
    batch = []
    for order in orders.objects.only("id", "public_id").order_by("id").iterator(BATCH):
        order.link_hash = hash_of(token_of(order.public_id))
        batch.append(order)
        if len(batch) == BATCH:
            orders.objects.bulk_update(batch, ["link_hash"])
            batch = []
    orders.objects.bulk_update(batch, ["link_hash"])


class Migration(migrations.Migration):
    dependencies = [("orders", "0001_initial")]

    operations = [
        migrations.AddField(
            model_name="order",
            name="link_hash",
            field=LinkHash(of="public_id", unique=True),
        ),
        migrations.RunPython(give_links, migrations.RunPython.noop),
    ]
