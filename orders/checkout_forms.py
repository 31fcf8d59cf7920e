"""The checkout's form: its fields by country, and its values as a body of the API.

What is valid, `CheckoutSerializer` decides, as it does for the API.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext as _
from django_countries import countries
from rest_framework.exceptions import ValidationError

from orders.carts import Wish, written
from orders.serializers import CheckoutSerializer, ExpectedTotalField
from orders.services import Basket, Price
from shop import languages
from shop.address_forms import AddressField, address_fields
from shop.money import is_known

CONTACT = ("email", "name")
STREET = ("line1", "line2")
AUTOCOMPLETE = {
    "email": "email",
    "name": "shipping name",
    "line1": "shipping address-line1",
    "line2": "shipping address-line2",
    "postal_code": "shipping postal-code",
    "city": "shipping address-level2",
    "region": "shipping address-level1",
    "country": "shipping country",
}
"""The tokens of HTML by which browsers fill in what they have stored (WCAG 2.2, 1.3.5)."""

LENGTHS = {"email": 254, "name": 120, "line1": 120, "line2": 120, "city": 80, "region": 80}
TOTAL = ("expected_total", "currency")
MISSING = ("blank", "required", "null")


class CheckoutForm(forms.Form):
    """Contact and address. `lines` are what its page showed."""

    use_required_attribute = False

    def __init__(
        self, values: Mapping[str, str], lines: Mapping[str, Wish], *, judged: bool = False
    ) -> None:
        chosen = values.get("country", "")
        self.country = chosen if chosen in countries else settings.SELLER["country"]
        self.values, self.lines = values, lines
        initial = dict(values.items()) | {"country": self.country}
        super().__init__(values if judged else None, initial=initial)
        self.fields["email"] = _text("email", _("E-mail"), forms.EmailInput, must=True)
        self.fields["name"] = _text("name", _("Name"), must=True)
        self.fields["country"] = _choice("country", _("Country"), list(countries), must=True)
        self.fields["line1"] = _text("line1", _("Street and number"), must=True)
        self.fields["line2"] = _text("line2", _("Floor, entrance, care of"))
        self.by_country = address_fields(self.country)
        for one in self.by_country:
            self.fields[one.name] = _by_country(one)

    @property
    def contact(self) -> list[forms.BoundField]:
        return [self[name] for name in CONTACT]

    @property
    def place(self) -> list[forms.BoundField]:
        """What comes after the street, in the country's order."""
        return [self[one.name] for one in self.by_country]

    @property
    def mistakes(self) -> list[tuple[forms.BoundField, str]]:
        """Every field with its error, in the order of the page."""
        street = [self[name] for name in ("country", *STREET)]
        order = [*self.contact, *street, *self.place]
        return [(field, str(error)) for field in order for error in field.errors]

    def clean(self) -> None:
        """Let the API's serializer judge, and give its errors to the fields."""
        self.checked = CheckoutSerializer(data=self._body())
        if not self.checked.is_valid():
            for name, error in self._refused(self.checked.errors):
                self.add_error(name, error)
        # The first mistake gets the focus, also without JavaScript.
        if mistakes := self.mistakes:
            self.fields[mistakes[0][0].name].widget.attrs["autofocus"] = True

    def basket(self) -> Basket:
        return self.checked.basket()

    def fingerprinted(self) -> dict[str, Any]:
        """What makes two submissions the same: what the customer has typed."""
        data = self.checked.validated_data
        return {name: data[name] for name in ("email", "name", "shipping_address", "lines")}

    def expected(self) -> Price | None:
        return self.checked.expected()

    def shown_total(self) -> Price | None:
        """The total in the form, which its page showed; None if there is none that is valid."""
        try:
            amount = ExpectedTotalField().run_validation(self.values.get("expected_total"))
        except ValidationError:
            return None
        currency = self.values.get("currency", "")
        return Price(amount, currency) if is_known(currency) else None

    def carried(self) -> list[tuple[str, str]]:
        """All of it as hidden fields, to be sent again unchanged."""
        names = [*self.fields, *TOTAL]
        lines = [("line", line) for line in written(self.lines)]
        return [(name, self.values.get(name, "")) for name in names] + lines

    def _body(self) -> dict[str, Any]:
        sent = {name: self.values.get(name, "") for name in self.fields}
        address = {name: sent[name] for name in sent if name not in CONTACT}
        body = {
            "email": sent["email"],
            "name": sent["name"],
            "language": languages.chosen(),
            "shipping_address": address,
            "lines": [{"sku": sku, "quantity": wish.quantity} for sku, wish in self.lines.items()],
        }
        total = {name: self.values.get(name, "") for name in TOTAL}
        return body | total

    def _refused(self, errors: Mapping[str, Any]) -> Iterator[tuple[str | None, str]]:
        for name, found in errors.items():
            if name == "shipping_address":
                yield from self._refused(found)
            elif name in self.fields:
                yield name, _worded(name, found[0])
            elif name == "lines":
                yield None, self._too_many()
            else:
                yield None, _("The total was missing. Check it below and buy again.")

    def _too_many(self) -> str:
        return _(
            "An order may have %(pieces)s pieces, and %(line)s of one product. Change the cart."
        ) % {"pieces": settings.PIECES_PER_ORDER, "line": settings.PIECES_PER_LINE}


def _text(
    name: str, label: str, widget: type[forms.Widget] = forms.TextInput, *, must: bool = False
) -> forms.CharField:
    attrs = {"autocomplete": AUTOCOMPLETE[name], "maxlength": LENGTHS.get(name, 20)}
    return forms.CharField(
        label=label, required=False, strip=False, widget=widget(attrs | _must(must))
    )


def _choice(
    name: str, label: str, choices: list[tuple[str, str]], *, must: bool = False
) -> forms.CharField:
    attrs = {"autocomplete": AUTOCOMPLETE[name]} | _must(must)
    return forms.CharField(
        label=label, required=False, strip=False, widget=forms.Select(attrs, choices)
    )


def _by_country(one: AddressField) -> forms.CharField:
    if one.choices:
        choices = [("", _("Please choose")), *one.choices]
        return _choice(one.name, one.label, choices, must=one.required)
    field = _text(one.name, one.label, must=one.required)
    if one.digits:
        field.widget.attrs["inputmode"] = "numeric"
    if one.example:
        field.help_text = _("For example %(example)s") % {"example": one.example}
    return field


def _must(must: bool) -> dict[str, Any]:
    return {"required": True} if must else {}


def _worded(name: str, error: Any) -> str:
    """The serializer's error as a customer reads it; its own text where that says more."""
    if getattr(error, "code", "") in MISSING:
        return {
            "email": _("Enter your e-mail address."),
            "name": _("Enter your name."),
            "line1": _("Enter street and number."),
        }.get(name, _("Choose a country."))
    if name == "email":
        return _("This is not a valid e-mail address. Check it for mistakes.")
    return str(error)
