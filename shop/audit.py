"""The audit's rule for the catalogue."""

from collections.abc import Iterator
from functools import partial

from django.db import transaction

from bus.audit import Finding, Operator, check
from shop.columns import Folded
from shop.models import Product

FOLDED = [field for field in Product._meta.fields if isinstance(field, Folded)]
READ = {"sku", *(name for field in FOLDED for name in (field.name, *field.of))}


@check("search and sorting follow the texts of every product")
def products_are_folded() -> Iterator[Finding]:
    """Not so for what `update()` or a process of an earlier release wrote."""
    products = Product.objects.order_by("id").only(*READ)
    for product in products.iterator(chunk_size=500):
        if names := _stale(product):
            what = f"has an old {' and '.join(names)}: the catalogue may not find it"
            yield Finding(product.sku, what, repair=partial(_fold, product.pk))


def _stale(product: Product) -> list[str]:
    return [one.name for one in FOLDED if getattr(product, one.name) != one.text_of(product)]


def _fold(pk: int, operator: Operator) -> str:
    with transaction.atomic():
        product = Product.objects.select_for_update().filter(pk=pk).first()
        if product is None or not (names := _stale(product)):
            return ""
        product.save(update_fields=names)
        return operator.record(product.sku, f"Written from its texts: {', '.join(names)}")
