"""Forms of the admin: a product with its picture, and the field that names a product.

The field is a text input with suggestions, not a list of the catalogue.
"""

from typing import Any

from django import forms
from django.forms import Media
from django.urls import reverse_lazy
from unfold.widgets import (
    UnfoldAdminImageFieldWidget,
    UnfoldAdminTextInputWidget,
    UnfoldBooleanSwitchWidget,
)

from shop import pictures
from shop.changes import ChangesForm
from shop.models import Product
from shop.parsers import LARGEST_PICTURE


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


class ProductForm(ChangesForm):
    """A product, with an uploaded picture or without."""

    upload = forms.FileField(
        label="New picture",
        required=False,
        widget=UnfoldAdminImageFieldWidget(attrs={"accept": "image/jpeg,image/png,image/webp"}),
        help_text=(
            f"JPEG, PNG or WebP, at most {LARGEST_PICTURE // 1024**2} MiB, "
            f"each side {pictures.SMALLEST} pixels or more. Square ones fit best."
        ),
    )
    without_picture = forms.BooleanField(
        label="Remove picture",
        required=False,
        widget=UnfoldBooleanSwitchWidget(),
        help_text="The shop draws one instead.",
    )

    class Meta:
        model = Product
        exclude = ()

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        for name in ("upload", "without_picture"):
            if name in self.fields:
                self.fields[name].show_hidden_initial = False

    def clean_upload(self) -> pictures.Encoded | None:
        file = self.cleaned_data.get("upload")
        return pictures.encoded(file) if file else None

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        if cleaned.get("upload") and cleaned.get("without_picture"):
            self.add_error("without_picture", "Upload a picture or remove it, not both.")
        return cleaned

    def save(self, commit: bool = True) -> Any:
        if picture := self.cleaned_data.get("upload"):
            self.instance.picture = pictures.stored(picture)
        elif self.cleaned_data.get("without_picture"):
            self.instance.picture = None
        return super().save(commit)

    @property
    def changed_columns(self) -> list[str]:
        """See `ChangesForm`; the picture is a column, its two fields are not."""
        picture = [name for name in ("upload", "without_picture") if self.cleaned_data.get(name)]
        return super().changed_columns + (["picture"] if picture else [])
