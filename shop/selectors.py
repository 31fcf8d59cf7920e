"""Queries for products and categories."""

from collections.abc import Iterable, Mapping, Sequence

from django.db.models import Count, Q, QuerySet

from shop.availability import available
from shop.models import Category, Product

MOST_LOOKED_AT = 100


def sellable(skus: Iterable[str]) -> dict[str, Product]:
    """The active products among `skus`, by SKU, in one query."""
    return {product.sku: product for product in Product.objects.filter(sku__in=skus, active=True)}


def on_show() -> QuerySet[Product]:
    """What customers can see, with all that the products' pictures and addresses need."""
    return Product.objects.filter(active=True).select_related("category")


def categories_on_show() -> list[Category]:
    """The categories with an active product, each with their number as `on_sale`, in one query."""
    counted = Category.objects.annotate(on_sale=Count("products", Q(products__active=True)))
    return list(counted.filter(on_sale__gt=0).order_by("position", "name"))


def example() -> Product | None:
    """A product for examples: one that can be ordered, if there is one."""
    products = list(Product.objects.filter(active=True)[:MOST_LOOKED_AT])
    return first_available(products, available([product.sku for product in products]))


def first_available(products: Sequence[Product], pieces: Mapping[str, int]) -> Product | None:
    """The first that can be ordered now; if none can, the first of all."""
    in_stock = (product for product in products if pieces.get(product.sku, 1))
    return next(in_stock, products[0] if products else None)
