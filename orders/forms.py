"""What staff fill in for an order."""

from typing import Any

from django import forms
from django.forms import BaseInlineFormSet
from unfold.widgets import UnfoldAdminTextInputWidget

from orders.models import OrderLine
from shop.changes import ChangesForm
from shop.forms import ProductField
from shop.models import Product
from shop.text import validate_plain


class LineForm(ChangesForm):
    """A product from the catalogue, and how many of it; the price is the catalogue's."""

    sku = ProductField()

    class Meta:
        model = OrderLine
        fields = ["sku", "quantity"]

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        # The table's headings are no labels: without these a field has no name (WCAG 2.2, 4.1.2).
        for field in self.fields.values():
            field.widget.attrs["aria-label"] = field.label

    def clean_sku(self) -> str:
        """What is newly chosen must be for sale; a line of a draft may have been overtaken."""
        sku: str = self.cleaned_data["sku"]
        if "sku" in self.changed_data and not Product.objects.filter(sku=sku, active=True).exists():
            raise forms.ValidationError(f"{sku} is not for sale any more.")
        return sku


class LineFormSet(BaseInlineFormSet):
    """Lines that know their order, in whose currency their amounts are shown."""

    def add_fields(self, form: Any, index: int | None) -> None:
        super().add_fields(form, index)
        form.instance.order = self.instance


class CancelForm(forms.Form):
    """Why an order is cancelled; the customer reads it."""

    reason = forms.CharField(
        max_length=500,
        validators=[validate_plain],
        widget=UnfoldAdminTextInputWidget,
        help_text="The customer will read this.",
    )
