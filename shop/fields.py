"""What a REST client may write into a field, and how it reads an amount."""

from typing import Any, ClassVar

from django.conf import settings
from django_countries import countries
from rest_framework import serializers

from shop.money import rounded
from shop.text import REFUSAL, is_plain

PLAIN_MESSAGES: dict[str, Any] = {"invalid": "Must be a text.", "control": REFUSAL}


def _plain(field: serializers.Field[Any, Any, Any, Any], data: Any) -> None:
    """Judge what came before blanks around it are cut off: a line break is never such a blank."""
    if not isinstance(data, str):
        field.fail("invalid")
    if not is_plain(data):
        field.fail("control")


class PlainTextField(serializers.CharField):
    """One line of text: a JSON string, never a number or true."""

    default_error_messages = PLAIN_MESSAGES

    def to_internal_value(self, data: Any) -> str:
        _plain(self, data)
        return super().to_internal_value(data)


class PlainEmailField(serializers.EmailField):
    """One e-mail address on one line."""

    default_error_messages = PLAIN_MESSAGES

    def to_internal_value(self, data: Any) -> str:
        _plain(self, data)
        return super().to_internal_value(data)


class CountryCodeField(PlainTextField):
    """A country by its ISO 3166-1 alpha-2 code, in capitals."""

    default_error_messages: ClassVar[dict[str, Any]] = {
        "country": "Must be an ISO 3166-1 alpha-2 code, for example DE."
    }

    def to_internal_value(self, data: Any) -> str:
        code = super().to_internal_value(data)
        if code not in countries:
            self.fail("country")
        return code


class WholeNumberField(serializers.IntegerField):
    """A JSON number without a fraction: neither a text, nor 1.0, nor true."""

    default_error_messages: ClassVar[dict[str, Any]] = {"invalid": "Must be a whole number."}

    def to_internal_value(self, data: Any) -> int:
        if type(data) is not int:
            self.fail("invalid")
        return data


class AmountField(serializers.DecimalField):
    """An amount of money as a text with the currency's decimal places: "12.50"."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_digits=16, decimal_places=2, **kwargs)

    def to_representation(self, value: Any) -> str:
        return str(rounded(value, settings.CURRENCY))
