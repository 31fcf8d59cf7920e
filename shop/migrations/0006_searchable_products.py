from django.db import migrations


def fold(apps, schema_editor):
    """Write what the search reads; saving a product does it from now on."""
    products = apps.get_model("shop", "Product").objects
    batch = []
    for product in products.iterator(chunk_size=500):
        for name in ("sort_name", "search_text"):
            product._meta.get_field(name).pre_save(product, add=False)
        batch.append(product)
        if len(batch) == 500:
            products.bulk_update(batch, ["sort_name", "search_text"])
            batch = []
    products.bulk_update(batch, ["sort_name", "search_text"])


class Migration(migrations.Migration):

    dependencies = [
        ('shop', '0005_catalogue'),
    ]

    operations = [
        migrations.RunPython(fold, migrations.RunPython.noop),
    ]
