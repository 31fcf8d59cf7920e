"""Demo goods: added with their stock, taken off sale."""

from collections.abc import Collection

from django.conf import settings
from django.db import transaction

from config.demo.catalogue import CATALOGUE, SHELVES, Good
from inventory import services as inventory
from shop.models import Category, Product
from shop.money import rounded


@transaction.atomic
def seed() -> list[Good]:
    """Add the demo goods that are missing, each with its stock; returns those.

    Existing products keep price, stock and category, so that a second run changes nothing.
    """
    known = set(Product.objects.values_list("sku", flat=True))
    missing = [good for good in CATALOGUE if good.sku not in known]
    categories = _categories({good.category for good in missing})
    Product.objects.bulk_create(_product(good, categories[good.category]) for good in missing)
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


def _categories(names: Collection[str]) -> dict[str, Category]:
    """The categories of these names, made where they are missing."""
    return {
        name: Category.objects.get_or_create(
            slug=name.lower(), defaults={"name": name, "position": position}
        )[0]
        for position, name in enumerate(SHELVES, start=1)
        if name in names
    }


def _product(good: Good, category: Category) -> Product:
    return Product(
        category=category,
        sku=good.sku,
        name=good.name,
        description=good.description,
        unit_price=rounded(good.price, settings.CURRENCY),
        tax_rate=good.tax_rate,
    )
