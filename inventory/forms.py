"""The forms for receiving and correcting stock."""

from django import forms
from unfold.forms import BaseDialogForm
from unfold.widgets import (
    UnfoldAdminIntegerFieldWidget,
    UnfoldAdminTextInputWidget,
)

from inventory.services.adjust import LARGEST_QUANTITY
from shop.forms import ProductField
from shop.missing import NamesMissing


class ReceiveForm(NamesMissing, BaseDialogForm):
    """A delivery to the warehouse."""

    sku = ProductField()
    quantity = forms.IntegerField(
        min_value=1,
        max_value=LARGEST_QUANTITY,
        label="Pieces",
        widget=UnfoldAdminIntegerFieldWidget,
    )
    reason = forms.CharField(
        max_length=200,
        label="Where from",
        error_messages={"required": "Say where the pieces are from."},
        help_text="For example the supplier and the delivery note.",
        widget=UnfoldAdminTextInputWidget,
    )


class CorrectForm(NamesMissing, BaseDialogForm):
    """The result of a count."""

    counted = forms.IntegerField(
        min_value=0,
        max_value=LARGEST_QUANTITY,
        label="Pieces counted",
        widget=UnfoldAdminIntegerFieldWidget,
    )
    reason = forms.CharField(
        max_length=200,
        label="Why",
        error_messages={"required": "Say why the count differs."},
        help_text="For example: stocktaking, two pieces broken.",
        widget=UnfoldAdminTextInputWidget,
    )
