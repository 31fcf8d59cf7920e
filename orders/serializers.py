"""The bodies of the API: a checkout and a cancellation in, an order out."""

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, ClassVar

from django.conf import settings
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.reverse import reverse

from bus.selectors import settled
from orders.models import LARGEST_QUANTITY, MOST_LINES, Order, OrderLine, State
from orders.services import Basket, Price, TooManyPieces, require_few
from orders.stages import Progress, story
from shop import languages, reasons
from shop.addresses import FIELDS, InvalidAddress, completed
from shop.events import Address, Customer
from shop.fields import (
    AmountField,
    CountryCodeField,
    PlainEmailField,
    PlainTextField,
    StrictSerializer,
    WholeNumberField,
)
from shop.money import is_known, rounded

LANGUAGES = [code for code, _ in languages.choices()]
OPTIONAL: Any = {"required": False, "allow_blank": True, "default": ""}
WHERE_USED = "Required if the country's addresses have one."


class AddressSerializer(StrictSerializer):
    line1 = PlainTextField(max_length=120)
    line2 = PlainTextField(max_length=120, **OPTIONAL)
    postal_code = PlainTextField(max_length=20, help_text=WHERE_USED, **OPTIONAL)
    city = PlainTextField(max_length=80, help_text=WHERE_USED, **OPTIONAL)
    region = PlainTextField(
        max_length=80, help_text="State, province, prefecture ..., by name or code.", **OPTIONAL
    )
    country = CountryCodeField(max_length=2, help_text="ISO 3166-1 alpha-2.")

    def to_internal_value(self, data: Any) -> Any:
        """Judge by the country's rules also if a field is wrong: all mistakes are said at once."""
        try:
            return super().to_internal_value(data)
        except serializers.ValidationError as error:
            wrong = error.detail
            assert isinstance(wrong, dict)
            raise serializers.ValidationError({**self._missed(data, wrong), **wrong}) from error

    def _missed(self, data: Any, wrong: Mapping[str, Any]) -> dict[str, list[str]]:
        """What the country's rules find; `wrong` are the fields with errors of their own."""
        if not isinstance(data, Mapping) or "country" in wrong:
            return {}
        names = [name for name in ("country", *FIELDS.values()) if name not in wrong]
        try:
            completed({one: self.fields[one].run_validation(data.get(one, "")) for one in names})
        except InvalidAddress as error:
            return {name: [text] for name, text in error.errors.items()}
        return {}

    def validate(self, attrs: dict[str, str]) -> dict[str, str]:
        """Check and complete the address by its country's rules; see `shop.addresses`."""
        try:
            return completed(attrs)
        except InvalidAddress as error:
            raise serializers.ValidationError(error.errors) from error


class WantedLineSerializer(StrictSerializer):
    sku = PlainTextField(max_length=32)
    quantity = WholeNumberField(min_value=1, max_value=LARGEST_QUANTITY)


@extend_schema_field({"type": "string", "format": "decimal", "example": "12.50"})
class ExpectedTotalField(PlainTextField):
    """An amount as text, as responses have them: never a number, which could be rounded."""

    default_error_messages: ClassVar[dict[str, Any]] = {
        "amount": 'Must be an amount like "12.50", as text.'
    }

    def to_internal_value(self, data: Any) -> Any:
        text = super().to_internal_value(data)
        if not re.fullmatch(r"[0-9]{1,14}(\.[0-9]{1,3})?", text, re.ASCII):
            self.fail("amount")
        return Decimal(text)


class CheckoutSerializer(StrictSerializer):
    """A checkout. Its prices come from the catalogue; it may say which total it expects."""

    email = PlainEmailField()
    name = PlainTextField(max_length=120)
    language = serializers.ChoiceField(
        choices=languages.choices(),
        default=settings.LANGUAGE_CODE,
        help_text="Of the mails and documents for the customer.",
        error_messages={"invalid_choice": f"Must be one of {', '.join(LANGUAGES)}."},
    )
    shipping_address = AddressSerializer()
    lines = WantedLineSerializer(many=True, allow_empty=False, max_length=MOST_LINES)
    expected_total = ExpectedTotalField(
        required=False,
        help_text="The total that the customer was shown. If the order would cost another one, "
        "nothing is saved: 409, with both totals.",
    )
    currency = PlainTextField(
        max_length=3,
        required=False,
        help_text="Of expected_total (ISO 4217); the shop's if not given.",
    )

    def validate_lines(self, lines: list[dict[str, Any]]) -> dict[str, int]:
        """Quantities by SKU, in the basket's order; lines of one SKU are added up."""
        quantities: dict[str, int] = {}
        for line in lines:
            quantities[line["sku"]] = quantities.get(line["sku"], 0) + line["quantity"]
        for sku, quantity in quantities.items():
            if quantity > LARGEST_QUANTITY:
                raise serializers.ValidationError(
                    f"{sku}: {quantity} pieces; at most {LARGEST_QUANTITY} per order."
                )
        try:
            require_few(quantities)
        except TooManyPieces as error:
            raise serializers.ValidationError(str(error)) from error
        return quantities

    def validate_currency(self, code: str) -> str:
        if not is_known(code):
            raise serializers.ValidationError("Must be a code of ISO 4217, for example EUR.")
        return code

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """`expected_total` must be an amount that can be paid in its currency."""
        amount, currency = attrs.get("expected_total"), attrs.get("currency", settings.CURRENCY)
        if amount is not None and amount != rounded(amount, currency):
            text = f"Must be rounded to the decimal places of {currency}."
            raise serializers.ValidationError({"expected_total": text})
        return attrs

    def basket(self) -> Basket:
        data = self.validated_data
        address = Address(**data["shipping_address"])
        customer = Customer(
            email=data["email"], name=data["name"], address=address, language=data["language"]
        )
        return Basket(customer, data["lines"])

    def expected(self) -> Price | None:
        data = self.validated_data
        if "expected_total" not in data:
            return None
        return Price(data["expected_total"], data.get("currency", settings.CURRENCY))


class CancelSerializer(StrictSerializer):
    reason = PlainTextField(max_length=500, default=reasons.BY_CUSTOMER)


# Plain serializers: a ModelSerializer would build its fields from the model for each response.
class LineSerializer(serializers.Serializer[OrderLine]):
    sku = serializers.CharField()
    name = serializers.CharField()
    quantity = serializers.IntegerField()
    unit_price = AmountField()
    tax_rate = serializers.DecimalField(max_digits=4, decimal_places=3)
    net = AmountField()
    tax = AmountField()
    total = AmountField()


class LinksSerializer(serializers.Serializer[Any]):
    self = serializers.URLField()
    page = serializers.URLField()
    invoice = serializers.URLField(help_text="404 until the invoice is issued.")
    cancel = serializers.URLField()


class OrderSerializer(serializers.Serializer[Order]):
    """A placed order, without personal data."""

    id = serializers.UUIDField(source="public_id", help_text="An identifier, not a link.")
    number = serializers.CharField()
    status = serializers.ChoiceField(
        source="state", choices=[State.PLACED.value, State.CANCELLED.value]
    )
    language = serializers.CharField(help_text="Of the mails and documents for the customer.")
    currency = serializers.CharField()
    lines = LineSerializer(source="frozen_lines", many=True)
    net = AmountField()
    tax = AmountField()
    total = AmountField()
    placed_at = serializers.DateTimeField()
    reserved_at = serializers.DateTimeField(allow_null=True)
    shipped_at = serializers.DateTimeField(allow_null=True)
    cancelled_at = serializers.DateTimeField(allow_null=True)
    cancel_reason = serializers.CharField()
    links = serializers.SerializerMethodField()

    @extend_schema_field(LinksSerializer)
    def get_links(self, order: Order) -> dict[str, str]:  # noqa: ARG002 -- DRF passes it
        """They contain the order's token, which is the right to see and to cancel it."""
        request, token = self.context["request"], self.context["token"]
        address = reverse("order", [token], request=request)
        page = reverse("order-page", [token], request=request)
        return {
            "self": address,
            "page": page,
            "invoice": f"{address}invoice.pdf",
            "cancel": f"{address}cancel/",
        }


class StepSerializer(serializers.Serializer[Any]):
    """A stage of the order."""

    stage = serializers.CharField(help_text="Text for people. Stages of other apps come last.")
    state = serializers.ChoiceField(choices=[state.value for state in Progress])
    at = serializers.DateTimeField(allow_null=True, help_text="When it was reached.")


class FollowedOrderSerializer(OrderSerializer):
    """An order with its progress."""

    settled = serializers.SerializerMethodField()
    stages = serializers.SerializerMethodField()

    @extend_schema_field(StepSerializer(many=True))
    def get_stages(self, order: Order) -> Any:
        return StepSerializer(story(order).steps, many=True).data

    def get_settled(self, order: Order) -> bool:
        """Whether its stream has no outbox row and no open delivery."""
        return settled(str(order.number))
