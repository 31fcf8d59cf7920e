"""The form field for a product: a text input with suggestions, not a list of the catalogue."""

from typing import Any

from django import forms
from django.forms import Media
from django.urls import reverse_lazy
from unfold.widgets import UnfoldAdminTextInputWidget

from shop.models import Product


class ProductInput(UnfoldAdminTextInputWidget):
    """A text input that suggests products while typing; without its script it takes a whole SKU."""

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        super().__init__(
            {
                "data-product-search": reverse_lazy("admin:shop_product_search"),
                "placeholder": "SKU or name",
                "autocomplete": "off",
                **(attrs or {}),
            }
        )

    @property
    def media(self) -> Media:
        return Media(js=["shop/product-search.js"])


class ProductField(forms.CharField):
    """The SKU of a product in the catalogue. One query for each field with a value."""

    widget = ProductInput
    default_error_messages = {"unknown": "There is no product %(sku)s; search by SKU or name."}

    def __init__(self, *, label: str = "Product", **options: Any) -> None:
        super().__init__(label=label, max_length=32, **options)

    def clean(self, value: Any) -> Any:
        sku = super().clean(value)
        if sku and not Product.objects.filter(sku=sku).exists():
            raise forms.ValidationError(
                self.error_messages["unknown"], code="unknown", params={"sku": sku}
            )
        return sku
