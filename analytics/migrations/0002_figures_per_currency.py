"""Figures per currency, amounts in thousandths.

What was counted before was in one currency alone: that of the counted orders. A shop that has
changed its CURRENCY runs `manage.py rebuild_figures` afterwards, or `audit --repair`.
"""

from django.conf import settings
from django.db import migrations, models

SPANS = {"MinuteFigures": "minute", "DayFigures": "day"}
AMOUNTS = {
    "MinuteFigures": ("revenue", "net", "reversed_revenue"),
    "DayFigures": ("revenue", "net", "reversed_revenue"),
    "ProductFigures": ("revenue", "reversed_revenue"),
}


def currency_field():
    return models.CharField(
        max_length=3, blank=True, default="", help_text="Empty for what is counted without an amount."
    )


def divide(apps, editor):
    """Give the rows their currency, and what has none a row of its own."""
    currency = _currency_of_the_orders(editor)
    for name, amounts in AMOUNTS.items():
        table = editor.quote_name(apps.get_model("analytics", name)._meta.db_table)
        finer = ", ".join(f"{amount} = {amount} * 10" for amount in amounts)
        editor.execute(f"UPDATE {table} SET currency = %s, {finer}", [currency])
    for name, span in SPANS.items():
        table = editor.quote_name(apps.get_model("analytics", name)._meta.db_table)
        editor.execute(
            f"INSERT INTO {table} ({span}, currency, orders, units, revenue, net, cancelled, "
            f"reversed_revenue, rejected, dispatched) SELECT {span}, '', 0, 0, 0, 0, 0, 0, "
            f"rejected, dispatched FROM {table} WHERE rejected > 0 OR dispatched > 0"
        )
        editor.execute(f"UPDATE {table} SET rejected = 0, dispatched = 0 WHERE currency <> ''")
        editor.execute(
            f"DELETE FROM {table} WHERE currency <> '' AND orders = 0 AND cancelled = 0"
        )


def _currency_of_the_orders(editor):
    with editor.connection.cursor() as cursor:
        cursor.execute(
            "SELECT e.data ->> 'currency' FROM bus_event e JOIN analytics_countedfact c "
            "ON c.kind = e.type AND c.number = e.stream WHERE e.type = 'OrderPlaced' "
            "ORDER BY e.id LIMIT 1"
        )
        found = cursor.fetchone()
    return found[0] if found else settings.CURRENCY


class Migration(migrations.Migration):

    dependencies = [("analytics", "0001_initial"), ("bus", "0001_initial")]

    operations = [
        migrations.AddField("minutefigures", "currency", currency_field(), preserve_default=False),
        migrations.AddField("dayfigures", "currency", currency_field(), preserve_default=False),
        migrations.AddField(
            "productfigures",
            "currency",
            models.CharField(max_length=3, default=""),
            preserve_default=False,
        ),
        migrations.AlterField(
            "minutefigures",
            "minute",
            models.DateTimeField("minute (UTC)", help_text="Its first instant."),
        ),
        migrations.AlterField(
            "dayfigures", "day", models.DateField(help_text="In the shop's time zone.")
        ),
        migrations.RemoveConstraint("productfigures", "one_row_per_product_and_day"),
        migrations.RemoveIndex("productfigures", "analytics_top_products"),
        migrations.RunPython(divide, migrations.RunPython.noop),
        migrations.AddConstraint(
            "minutefigures",
            models.UniqueConstraint(fields=["minute", "currency"], name="one_row_per_minute"),
        ),
        migrations.AddConstraint(
            "dayfigures",
            models.UniqueConstraint(fields=["day", "currency"], name="one_row_per_day"),
        ),
        migrations.AddConstraint(
            "productfigures",
            models.UniqueConstraint(
                fields=["day", "sku", "currency"], name="one_row_per_product_and_day"
            ),
        ),
        migrations.AddIndex(
            "productfigures",
            models.Index(fields=["day", "currency", "-revenue"], name="analytics_top_products"),
        ),
        migrations.AlterModelOptions(
            "minutefigures",
            {"ordering": ["-minute", "currency"], "verbose_name_plural": "figures per minute"},
        ),
        migrations.AlterModelOptions(
            "dayfigures",
            {"ordering": ["-day", "currency"], "verbose_name_plural": "figures per day"},
        ),
        migrations.AlterModelOptions(
            "productfigures",
            {
                "ordering": ["-day", "currency", "-revenue", "sku"],
                "verbose_name_plural": "figures per product",
            },
        ),
    ]
