"""Queries for products."""

from collections.abc import Iterable, Mapping, Sequence

from shop.availability import available
from shop.models import Product

MOST_LOOKED_AT = 100


def sellable(skus: Iterable[str]) -> dict[str, Product]:
    """The active products among `skus`, by SKU, in one query."""
    return {product.sku: product for product in Product.objects.filter(sku__in=skus, active=True)}


def example() -> Product | None:
    """A product for examples: one that can be ordered, if there is one."""
    products = list(Product.objects.filter(active=True)[:MOST_LOOKED_AT])
    return first_available(products, available([product.sku for product in products]))


def first_available(products: Sequence[Product], pieces: Mapping[str, int]) -> Product | None:
    """The first that can be ordered now; if none can, the first of all."""
    in_stock = (product for product in products if pieces.get(product.sku, 1))
    return next(in_stock, products[0] if products else None)
