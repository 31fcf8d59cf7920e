"""What staff fill in for an order."""

from typing import Any

from django import forms
from django.forms import BaseInlineFormSet
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from orders.models import OrderLine
from shop.changes import ChangesForm
from shop.models import Product
from shop.money import money
from shop.text import validate_plain


class LineForm(ChangesForm):
    """A product from the catalogue, and how many of it; the price is the catalogue's."""

    sku = forms.ChoiceField(label="Product", widget=UnfoldAdminSelectWidget)

    class Meta:
        model = OrderLine
        fields = ["sku", "quantity"]


class LineFormSet(BaseInlineFormSet):
    """Reads the catalogue once, however many lines there are."""

    _catalogue: list[tuple[str, str]] | None = None

    def add_fields(self, form: Any, index: int | None) -> None:
        super().add_fields(form, index)
        if self._catalogue is None:
            self._catalogue = [
                (product.sku, " · ".join((product.sku, product.name, _price(product))))
                for product in Product.objects.filter(active=True)
            ]
        choices = [("", "Choose a product"), *self._catalogue]
        chosen = form.instance.sku
        if chosen and chosen not in dict(choices):
            choices.append((chosen, f"{chosen} · no longer for sale"))
        form.fields["sku"].choices = choices
        form.instance.order = self.instance  # whose currency its amounts are shown in


def _price(product: Product) -> str:
    return money(product.price, product.currency)


class CancelForm(forms.Form):
    """Why an order is cancelled; the customer reads it."""

    reason = forms.CharField(
        max_length=500,
        validators=[validate_plain],
        widget=UnfoldAdminTextInputWidget,
        help_text="The customer will read this.",
    )
