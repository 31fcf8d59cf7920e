"""Damage to the catalogue."""

from contextlib import ExitStack

from shop.models import Product
from tests.damage.planting import breaks
from tests.damage.settled import Shop


@breaks("search and sorting follow the texts of every product", mends=True)
def product_that_an_earlier_release_wrote(_shop: Shop, _stack: ExitStack) -> str:
    product = Product.objects.order_by("id")[0]
    Product.objects.filter(pk=product.pk).update(sort_name="", search_text="as it was")
    return product.sku
