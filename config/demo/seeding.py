"""Demo goods: added with their stock, taken off sale."""

from django.conf import settings
from django.db import transaction

from config.demo.catalogue import CATALOGUE, Good
from inventory import services as inventory
from shop.models import Product
from shop.money import rounded


@transaction.atomic
def seed() -> list[Good]:
    """Add the demo goods that are missing, each with its stock; returns those.

    Existing products keep price and stock, so that a second run changes nothing.
    """
    known = set(Product.objects.values_list("sku", flat=True))
    missing = [good for good in CATALOGUE if good.sku not in known]
    Product.objects.bulk_create(_product(good) for good in missing)
    for good in missing:
        inventory.receive_stock(good.sku, good.stock, "Opening stock of the demo shop")
    return missing


def take_off_sale() -> int:
    """Take the demo goods off sale; returns how many were on sale. Orders keep their lines."""
    return Product.objects.filter(sku__in=on_sale()).update(active=False)


def on_sale() -> list[str]:
    """The SKUs of the demo goods on sale; a renamed product counts as the shop's own."""
    names = {good.sku: good.name for good in CATALOGUE}
    active = Product.objects.filter(sku__in=names, active=True).values_list("sku", "name")
    return [sku for sku, name in active if names[sku] == name]


def _product(good: Good) -> Product:
    return Product(
        sku=good.sku,
        name=good.name,
        description=good.description,
        unit_price=rounded(good.price, settings.CURRENCY),
        tax_rate=good.tax_rate,
    )
