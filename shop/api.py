"""The catalogue over REST."""

import re
from collections.abc import Mapping
from typing import Any

from django.conf import settings
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema, extend_schema_field, extend_schema_view
from rest_framework import generics, pagination, serializers
from rest_framework.request import Request

from shop.availability import available
from shop.fields import AmountField
from shop.models import Product
from shop.problems import InvalidParameter, NotFound
from shop.schema import refusals
from shop.selectors import on_show


class ProductSerializer(serializers.ModelSerializer[Product]):
    """A product; its price includes the tax."""

    unit_price = AmountField()
    currency = serializers.CharField()
    available = serializers.SerializerMethodField(
        help_text="Pieces that can be ordered now; null for a shop without an inventory."
    )

    category = serializers.CharField(
        source="category.slug", allow_null=True, default=None, help_text="Its slug; may be null."
    )
    picture = serializers.SerializerMethodField(help_text="The address of its picture.")
    url = serializers.SerializerMethodField(help_text="The address of its page.")

    class Meta:
        model = Product
        fields = [
            "sku", "name", "description", "unit_price", "currency", "tax_rate", "available",
            "category", "picture", "url",
        ]  # fmt: skip

    @extend_schema_field(OpenApiTypes.URI)
    def get_picture(self, product: Product) -> str:
        return f"{settings.SITE_URL}{product.picture_url}"

    @extend_schema_field(OpenApiTypes.URI)
    def get_url(self, product: Product) -> str:
        return f"{settings.SITE_URL}{product.get_absolute_url()}"

    def get_available(self, product: Product) -> int | None:
        pieces: Mapping[str, int] = self.context["pieces"]
        return pieces.get(product.sku)


class Pages(pagination.PageNumberPagination):
    page_size = 24
    page_size_query_param = "page_size"
    max_page_size = 100

    def get_page_size(self, request: Request) -> int:
        """The requested page size, or the default. A bad value is refused, not replaced.

        Raises:
            InvalidParameter: it is not a whole number from 1 to `max_page_size`.
        """
        asked = request.query_params.get(self.page_size_query_param)
        if asked is None:
            return self.page_size
        if re.fullmatch("[0-9]{1,3}", asked) and 1 <= int(asked) <= self.max_page_size:
            return int(asked)
        raise InvalidParameter

    def get_schema_operation_parameters(self, view: Any) -> Any:
        described = super().get_schema_operation_parameters(view)
        for parameter in described:
            parameter["schema"]["minimum"] = 1
            if parameter["name"] == self.page_size_query_param:
                parameter["schema"]["maximum"] = self.max_page_size
        return described


@extend_schema_view(
    get=extend_schema(
        summary="What can be ordered",
        responses={200: ProductSerializer(many=True), **refusals(NotFound, InvalidParameter)},
    )
)
class ProductList(generics.ListAPIView[Product]):
    """What can be ordered, by SKU."""

    queryset = on_show()
    serializer_class = ProductSerializer
    pagination_class = Pages

    def get_serializer(self, *args: Any, **options: Any) -> Any:
        """Reads the stock once for the whole page."""
        serializer: Any = super().get_serializer(*args, **options)
        page = args[0] if args else ()
        serializer.context["pieces"] = available([product.sku for product in page])
        return serializer
