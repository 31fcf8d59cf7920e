"""The stock as a table: what was counted of each SKU."""

from typing import Any

from django.core.exceptions import ValidationError
from import_export.fields import Field
from import_export.results import Result

from inventory import services
from inventory.models import StockItem
from inventory.services.adjust import LARGEST_QUANTITY
from inventory.services.stock import locked
from shop.exchange.resources import Imported
from shop.exchange.widgets import Text, Whole
from shop.models import Product


class StockResource(Imported):
    """Pieces on hand, and from when on they are low.

    A changed number of pieces is a correction of the stock, a new SKU a delivery: each has its
    movement, with the user, and the file as its reason.
    """

    numbers = ("on_hand", "reserved", "available", "low_at")

    sku = Field("sku", "sku", widget=Text())
    on_hand = Field("on_hand", "on_hand", widget=Whole())
    low_at = Field("low_at", "low_at", widget=Whole())
    reserved = Field("reserved", "reserved", widget=Whole(), readonly=True)
    available = Field("available", "available", widget=Whole(), readonly=True)

    class Meta:
        model = StockItem
        fields = ("sku", "on_hand", "low_at", "reserved", "available")

    def before_import(self, dataset: Any, **_options: Any) -> None:
        skus = [sku.strip() for sku in dataset["sku"]]
        found = Product.objects.filter(sku__in=skus).values_list("sku", flat=True)
        self._products = set(found)

    def lock(self, skus: Any) -> None:
        """In the order in which all that books stock locks it."""
        locked(skus)

    def validate_instance(
        self, instance: StockItem, import_validation_errors: Any = None, *_: Any
    ) -> None:
        """As the forms that receive and correct stock do; no query."""
        errors = dict(import_validation_errors or {})
        least = 0 if instance.pk else 1
        try:
            instance.clean_fields(exclude=set(errors))
        except ValidationError as refused:
            errors = refused.update_error_dict(errors)
        if not instance.pk and instance.sku not in self._products:
            errors.setdefault("sku", f"There is no product {instance.sku} to stock.")
        if "on_hand" not in errors and not least <= instance.on_hand <= LARGEST_QUANTITY:
            errors["on_hand"] = f"{instance.on_hand} is not {least} to {LARGEST_QUANTITY} pieces."
        if errors:
            raise ValidationError(errors)

    def do_instance_save(self, instance: StockItem, is_create: bool) -> None:
        """Nothing yet: `write` books all rows at once."""

    def write(self, result: Result) -> None:
        changes = [row.instance for row in result.rows if row.import_type in ("new", "update")]
        counts = {item.sku: item.on_hand for item in changes}
        services.count_stock(counts, f"Import of {self.source}"[:200], self.who)
        written = locked(counts)
        for item in changes:
            item.pk = written[item.sku].pk
            written[item.sku].low_at = item.low_at
        StockItem.objects.bulk_update(written.values(), ["low_at"], batch_size=500)
