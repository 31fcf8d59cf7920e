"""What staff fill in for an order."""

from typing import Any

from django import forms
from django.forms import BaseInlineFormSet
from unfold.widgets import UnfoldAdminTextInputWidget

from orders.models import OrderLine
from shop.changes import ChangesForm
from shop.forms import ProductField
from shop.missing import NamesMissing
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
        # A table heading is no label; without this a field has no name (WCAG 2.2, 4.1.2).
        for field in self.fields.values():
            field.widget.attrs |= {"aria-label": field.label, "aria-required": "true"}

    def clean_sku(self) -> str:
        """A newly chosen product must be for sale; one already on the draft may not be any more."""
        sku: str = self.cleaned_data["sku"]
        if "sku" in self.changed_data and not Product.objects.filter(sku=sku, active=True).exists():
            raise forms.ValidationError(f"{sku} is not for sale; choose an active product.")
        return sku


class LineFormSet(BaseInlineFormSet):
    """Gives each line its order, in whose currency the line's amounts are shown."""

    def add_fields(self, form: Any, index: int | None) -> None:
        super().add_fields(form, index)
        form.instance.order = self.instance


class CancelForm(NamesMissing, forms.Form):
    """The reason for a cancellation; it is shown to the customer."""

    reason = forms.CharField(
        max_length=500,
        validators=[validate_plain],
        widget=UnfoldAdminTextInputWidget,
        help_text="Shown to the customer.",
        error_messages={"required": "Enter the reason."},
    )
