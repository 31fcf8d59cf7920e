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
        help_texts = {
            "url": "Begins with https:// and is public; OUTLET_PRIVATE_NETWORKS allows others.",
            "description": "What it is called in lists; without one, they show the address.",
            "enabled": "A disabled endpoint gets nothing, and later nothing of what happened "
            "meanwhile.",
        }
