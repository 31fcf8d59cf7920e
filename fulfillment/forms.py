"""The form to dispatch a shipment."""

from django import forms
from unfold.widgets import UnfoldAdminTextInputWidget

from shop.missing import NamesMissing


class DispatchForm(NamesMissing, forms.Form):
    """The carrier and its tracking number."""

    carrier = forms.CharField(
        max_length=40, widget=UnfoldAdminTextInputWidget({"list": "carriers"})
    )
    tracking_number = forms.CharField(
        max_length=60, widget=UnfoldAdminTextInputWidget({"autocomplete": "off"})
    )
