"""The stock as a table: what was counted of each SKU."""

from typing import Any

from django.core.exceptions import ValidationError
from import_export.fields import Field

from inventory import services
from inventory.models import StockItem
from inventory.services.stock import locked
from shop.exchange.resources import Imported
from shop.exchange.widgets import Text, Whole
from shop.models import Product

COLUMNS = ("sku", "on_hand", "low_at")


class StockResource(Imported):
    """Pieces on hand, and from when on they are low.

    A changed number of pieces is a correction of the stock, a new SKU a delivery: each has its
    movement, with the user and the file as its reason.
    """

    numbers = ("on_hand", "reserved", "available", "low_at")

    sku = Field("sku", "sku", widget=Text())
    on_hand = Field("on_hand", "on_hand", widget=Whole())
    low_at = Field("low_at", "low_at", widget=Whole())
    reserved = Field("reserved", "reserved", widget=Whole(), readonly=True)
    available = Field("available", "available", widget=Whole(), readonly=True)

    class Meta:
        model = StockItem
        fields = (*COLUMNS, "reserved", "available")

    def lock(self, skus: Any) -> None:
        """In the order in which all that books stock locks it."""
        locked(skus)

    def do_instance_save(self, instance: StockItem, is_create: bool) -> None:
        try:
            self._book(instance, is_create)
        except services.BadBooking as error:
            raise ValidationError({"on_hand": str(error)}) from None

    def _book(self, instance: StockItem, is_create: bool) -> None:
        reason = f"Import of {self.source}"[:200]
        pieces, low_at = instance.on_hand, instance.low_at
        if is_create:
            if not Product.objects.filter(sku=instance.sku).exists():
                raise ValidationError({"sku": f"There is no product {instance.sku} to stock."})
            services.receive_stock(instance.sku, pieces, reason, self.who)
        else:
            services.correct_stock(instance.sku, pieces, reason, self.who)
        StockItem.objects.filter(sku=instance.sku).exclude(low_at=low_at).update(low_at=low_at)
        instance.pk = StockItem.objects.values_list("pk", flat=True).get(sku=instance.sku)
