"""What a REST client may write into a field."""

from typing import Any

from django_countries import countries
from rest_framework import serializers

from shop.text import REFUSAL, is_plain


class _PlainText:
    """Takes JSON strings alone, and judges them before blanks around them are cut off."""

    default_error_messages = {
        "invalid": "Must be a text.",
        "control": REFUSAL,
    }

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str):
            self.fail("invalid")  # type: ignore[attr-defined]
        if not is_plain(data):
            self.fail("control")  # type: ignore[attr-defined]
        value: str = super().to_internal_value(data)  # type: ignore[misc]
        return value


class PlainTextField(_PlainText, serializers.CharField):
    """One line of text."""


class PlainEmailField(_PlainText, serializers.EmailField):
    """One e-mail address."""


class CountryCodeField(PlainTextField):
    """A country by its ISO 3166-1 alpha-2 code, in capitals."""

    default_error_messages = {"country": "Must be an ISO 3166-1 alpha-2 code, for example DE."}

    def to_internal_value(self, data: Any) -> str:
        code = super().to_internal_value(data)
        if code not in countries:
            self.fail("country")
        return code


class WholeNumberField(serializers.IntegerField):
    """A JSON number without a fraction: neither a text, nor 1.0, nor true."""

    default_error_messages = {"invalid": "Must be a whole number."}

    def to_internal_value(self, data: Any) -> int:
        if type(data) is not int:
            self.fail("invalid")
        return data
