"""Reading the catalogue."""

from collections.abc import Iterable

from shop.models import Product


def sellable(skus: Iterable[str]) -> dict[str, Product]:
    """The active products among `skus`, by SKU, in one query."""
    return {product.sku: product for product in Product.objects.filter(sku__in=skus, active=True)}
