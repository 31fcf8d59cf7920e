"""The catalogue over REST."""

from typing import Any

from django.conf import settings
from rest_framework import generics, pagination, serializers

from shop.models import Product
from shop.money import rounded


class AmountField(serializers.DecimalField):
    """An amount of money as a text with the currency's decimal places: "12.50"."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_digits=16, decimal_places=2, **kwargs)

    def to_representation(self, value: Any) -> str:
        return str(rounded(value, settings.CURRENCY))


class ProductSerializer(serializers.ModelSerializer[Product]):
    """A product; its price includes the tax."""

    unit_price = AmountField()
    currency = serializers.SerializerMethodField()

    class Meta:
        model = Product
        fields = ["sku", "name", "description", "unit_price", "currency", "tax_rate"]

    def get_currency(self, product: Product) -> str:  # noqa: ARG002  one currency for the shop
        return str(settings.CURRENCY)


class Pages(pagination.PageNumberPagination):
    page_size = 24
    page_size_query_param = "page_size"
    max_page_size = 100


class ProductList(generics.ListAPIView[Product]):
    """What can be ordered, by SKU."""

    queryset = Product.objects.filter(active=True)
    serializer_class = ProductSerializer
    pagination_class = Pages
