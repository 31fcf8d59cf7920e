"""Forms of the admin: a product with its picture, and the field that names a product.

The field is a text input with suggestions, not a list of the catalogue.
"""

from decimal import Decimal
from typing import Any

from django import forms
from django.conf import settings
from django.core.validators import MinValueValidator
from django.forms import Media
from django.urls import reverse_lazy
from unfold.widgets import (
    UnfoldAdminDecimalFieldWidget,
    UnfoldAdminImageFieldWidget,
    UnfoldAdminTextInputWidget,
    UnfoldBooleanSwitchWidget,
)

from shop import pictures
from shop.changes import ChangesForm
from shop.models import Product, least_price
from shop.money import minor_unit
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


class PercentField(forms.DecimalField):
    """A rate of 0 to 1, shown and entered in percent: `19` is 0.190.

    Whoever enters the fraction is told so: no rate is between 0 and 1 percent.
    """

    default_error_messages = {
        "range": "Enter percents, 0 or 1 to 100 with one decimal place at most, such as 19 or 5.5."
    }

    def to_python(self, value: Any) -> Any:
        percent = super().to_python(value)
        if percent is None:
            return None
        if not percent.is_finite():
            raise forms.ValidationError(self.error_messages["invalid"], code="invalid")
        # First: what is far out of range cannot be divided.
        if not (percent == 0 or 1 <= percent <= 100) or percent != round(percent, 1):
            raise forms.ValidationError(self.error_messages["range"], code="range")
        return percent / 100

    def prepare_value(self, value: Any) -> Any:
        """The percent of a stored rate; what was entered stays as it is."""
        return f"{(value * 100).normalize():f}" if isinstance(value, Decimal) else value


class ProductForm(ChangesForm):
    """A product, with an uploaded picture or without."""

    tax_rate = PercentField(
        label="Tax rate in percent",
        initial=Product._meta.get_field("tax_rate").default,
        widget=UnfoldAdminDecimalFieldWidget({"min": 0, "max": 100, "step": "0.1"}),
        help_text="For example 19 or 7; it is part of the price.",
    )
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
        if price := self.fields.get("unit_price"):
            least = minor_unit(settings.CURRENCY)
            price.label = f"Unit price in {settings.CURRENCY}, with tax"
            price.widget.attrs |= {"min": least, "step": least}
            price.validators.append(MinValueValidator(least, least_price()))

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
