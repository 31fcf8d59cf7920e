"""The form of an endpoint."""

from django import forms
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget

from outlets.events import PUBLIC
from outlets.models import Endpoint
from shop.changes import ChangesForm


class EndpointForm(ChangesForm):
    """An endpoint, and which events it gets."""

    events = forms.MultipleChoiceField(
        choices=[(event.__name__, event.__name__) for event in PUBLIC],
        widget=UnfoldAdminCheckboxSelectMultipleWidget,
        error_messages={"required": "Choose one event or more."},
        help_text="From now on; nothing that happened before is sent.",
    )

    class Meta:
        model = Endpoint
        exclude = ()
