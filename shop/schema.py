"""Problems and examples in the API's OpenAPI description."""

from itertools import groupby
from typing import Any

from django.db import DatabaseError
from drf_spectacular.extensions import OpenApiSerializerExtension
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import OpenApiExample, OpenApiResponse
from rest_framework import serializers

from shop.problems import (
    MEDIA_TYPE,
    BodyTooLarge,
    BodyTooSlow,
    Busy,
    Crowded,
    InvalidFields,
    MethodNotAllowed,
    NotAcceptable,
    Problem,
    UnreadableBody,
    UnreadableRequest,
    UnsupportedMediaType,
)
from shop.selectors import example

ANYWHERE = (UnreadableRequest, MethodNotAllowed, NotAcceptable, Crowded, Busy)
OF_A_BODY = (InvalidFields, UnreadableBody, BodyTooLarge, BodyTooSlow, UnsupportedMediaType)

EXAMPLE_SKU = "A-PRODUCT"
"""A placeholder in examples for a product that this shop sells."""


class ErrorSerializer(serializers.Serializer[Any]):
    """What is wrong, and where: `pointer` into the body, the name of a `header` or `parameter`."""

    pointer = serializers.CharField(required=False, help_text="RFC 6901, as a URI fragment.")
    header = serializers.CharField(required=False)
    parameter = serializers.CharField(required=False)
    detail = serializers.CharField()
    sku = serializers.CharField(required=False, help_text="Of a product that is short.")
    available = serializers.IntegerField(
        required=False, min_value=0, help_text="Pieces of it that can be ordered now."
    )


class ProblemSerializer(serializers.Serializer[Any]):
    """A problem (RFC 9457), identified by `type`; /api/problems/ lists all of them."""

    type = serializers.CharField()
    title = serializers.CharField()
    status = serializers.IntegerField()
    detail = serializers.CharField()
    order = serializers.URLField(
        required=False, help_text="Where an order is found that may have been placed."
    )
    expected_total = serializers.CharField(required=False, help_text="As in the request.")
    expected_currency = serializers.CharField(required=False)
    total = serializers.CharField(required=False, help_text="What the order costs now.")
    currency = serializers.CharField(required=False)
    errors = ErrorSerializer(many=True, required=False)  # type: ignore[assignment]  # a name of DRF


def refusals(*kinds: type[Problem], body: bool = False) -> dict[tuple[int, str], OpenApiResponse]:
    """For `extend_schema(responses=...)`: these kinds, and those of every request.

    `body` adds the kinds of requests with a body.
    """
    wanted = {*ANYWHERE, *(OF_A_BODY if body else ()), *kinds}
    ordered = sorted(wanted, key=lambda kind: (kind.status_code, kind.slug))
    return {
        (code, MEDIA_TYPE): _response(list(same))
        for code, same in groupby(ordered, key=lambda kind: kind.status_code)
    }


def _response(kinds: list[type[Problem]]) -> OpenApiResponse:
    return OpenApiResponse(
        ProblemSerializer,
        description=" ".join(f"{kind.title}." for kind in kinds),
        examples=[
            OpenApiExample(kind.slug, value=_example(kind), media_type=MEDIA_TYPE) for kind in kinds
        ],
    )


def _example(kind: type[Problem]) -> dict[str, Any]:
    shown = {
        "type": kind.address(),
        "title": kind.title,
        "status": kind.status_code,
        "detail": str(kind.default_detail),
    }
    return shown | kind.more | ({"errors": kind.errors} if kind.errors else {})


class StrictObjects(OpenApiSerializerExtension):  # type: ignore[no-untyped-call]  # untyped library
    """Describes that objects with unknown fields are refused."""

    target_class = "shop.fields.StrictSerializer"
    match_subclasses = True

    def map_serializer(self, auto_schema: AutoSchema, direction: str) -> Any:
        schema: Any = auto_schema._map_serializer(  # type: ignore[no-untyped-call]  # untyped library
            self.target, direction, bypass_extensions=True
        )
        return {**schema, "additionalProperties": False}


def name_a_product(result: Any, **_: Any) -> Any:
    """Put a product of this shop into the examples, so that they work unchanged."""
    try:
        product = example()
    except DatabaseError:
        return result
    return _replaced(result, product.sku) if product else result


def _replaced(part: Any, sku: str) -> Any:
    if isinstance(part, dict):
        return {name: _replaced(inner, sku) for name, inner in part.items()}
    if isinstance(part, list):
        return [_replaced(inner, sku) for inner in part]
    return sku if part == EXAMPLE_SKU else part
