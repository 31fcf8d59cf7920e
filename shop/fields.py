"""Serializer fields of the API: strict input, and amounts."""

from collections.abc import Mapping
from typing import Any, ClassVar

from django_countries import countries
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from shop.mail.address import Unmailable, mailable
from shop.money import plain
from shop.text import REFUSAL, UNSEEN, is_plain, is_visible

PLAIN_MESSAGES: dict[str, Any] = {
    "invalid": "Must be a text.",
    "control": REFUSAL,
    "unseen": UNSEEN,
}
LONGEST_EMAIL = 254
"""Characters (RFC 5321 with its erratum 1690)."""

UNKNOWN = "There is no such field."


def _plain(field: serializers.Field[Any, Any, Any, Any], data: Any) -> None:
    """Check the raw value: stripping would remove a line break at its end."""
    if not isinstance(data, str):
        field.fail("invalid")
    if not is_plain(data):
        field.fail("control")
    if data.strip() and not is_visible(data):
        field.fail("unseen")


class StrictSerializer(serializers.Serializer[Any]):
    """Refuses an object with an unknown field instead of ignoring the field."""

    default_error_messages: ClassVar[dict[str, Any]] = {"invalid": "Must be an object."}

    def to_internal_value(self, data: Any) -> Any:
        unknown: list[str] = []
        if isinstance(data, Mapping):
            unknown = [name for name in data if name not in self.fields]
        try:
            known = super().to_internal_value(data)
        except serializers.ValidationError as error:
            raise serializers.ValidationError({**_as_dict(error), **_refused(unknown)}) from error
        if unknown:
            raise serializers.ValidationError(_refused(unknown))
        return known


def _as_dict(error: serializers.ValidationError) -> dict[str, Any]:
    assert isinstance(error.detail, dict)
    return error.detail


def _refused(names: list[str]) -> dict[str, list[str]]:
    return {name: [UNKNOWN] for name in names}


class PlainTextField(serializers.CharField):
    """One line of text: a JSON string, never a number or true."""

    default_error_messages = PLAIN_MESSAGES

    def to_internal_value(self, data: Any) -> str:
        _plain(self, data)
        return super().to_internal_value(data)


@extend_schema_field({"type": "string", "format": "email", "maxLength": LONGEST_EMAIL})
class PlainEmailField(PlainTextField):
    """One e-mail address that can be mailed, normalized by `shop.mail.mailable`."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_length=LONGEST_EMAIL, **kwargs)

    def to_internal_value(self, data: Any) -> str:
        text = super().to_internal_value(data)
        if not text:  # the validators refuse it
            return text
        try:
            return mailable(text)
        except Unmailable as error:
            raise serializers.ValidationError(f"Not an e-mail address: {error}") from error


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


@extend_schema_field({"type": "string", "format": "decimal", "example": "12.50"})
class AmountField(serializers.Field[Any, Any, str, Any]):
    """An amount in its row's `currency`, as text with its decimal places: "12.50"."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(read_only=True, **kwargs)

    def get_attribute(self, instance: Any) -> str:
        amount: Any = super().get_attribute(instance)
        return plain(amount, instance.currency)

    def to_representation(self, value: str) -> str:
        return value
