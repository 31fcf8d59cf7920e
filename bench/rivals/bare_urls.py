"""One view, as a Django team would write it."""

from typing import Any

from django.conf import settings
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.urls import path
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from orders.models import LARGEST_QUANTITY, MOST_LINES, Order, OrderLine
from shop.models import Product
from shop.money import summed


class AddressSerializer(serializers.Serializer[Any]):
    line1 = serializers.CharField(max_length=120)
    line2 = serializers.CharField(max_length=120, required=False, allow_blank=True, default="")
    postal_code = serializers.CharField(max_length=20)
    city = serializers.CharField(max_length=80)
    country = serializers.CharField(max_length=2)


class WantedLineSerializer(serializers.Serializer[Any]):
    sku = serializers.CharField(max_length=32)
    quantity = serializers.IntegerField(min_value=1, max_value=LARGEST_QUANTITY)


class CheckoutSerializer(serializers.Serializer[Any]):
    email = serializers.EmailField(max_length=254)
    name = serializers.CharField(max_length=120)
    shipping_address = AddressSerializer()
    lines = WantedLineSerializer(many=True, allow_empty=False, max_length=MOST_LINES)


class LineSerializer(serializers.ModelSerializer[OrderLine]):
    class Meta:
        model = OrderLine
        fields = ["sku", "name", "quantity", "unit_price", "tax_rate", "net", "tax", "total"]


class OrderSerializer(serializers.ModelSerializer[Order]):
    lines = LineSerializer(source="frozen_lines", many=True)

    class Meta:
        model = Order
        fields = ["id", "currency", "lines", "net", "tax", "total", "created_at"]


class Checkout(APIView):
    def post(self, request: Request) -> Response:
        wanted = CheckoutSerializer(data=request.data)
        wanted.is_valid(raise_exception=True)
        order = save(wanted.validated_data)
        return Response(OrderSerializer(order).data, status=status.HTTP_201_CREATED)


def save(wanted: dict[str, Any]) -> Order:
    skus = [line["sku"] for line in wanted["lines"]]
    with transaction.atomic():
        products = {product.sku: product for product in Product.objects.filter(sku__in=skus)}
        order = Order(
            email=wanted["email"],
            name=wanted["name"],
            currency=settings.CURRENCY,
            **wanted["shipping_address"],
        )
        lines = [
            OrderLine(order=order, sku=line["sku"], quantity=line["quantity"]).freeze(
                products[line["sku"]], order.currency
            )
            for line in wanted["lines"]
        ]
        order.net, order.tax, order.total = summed([line.amounts for line in lines])
        # A draft to the shop, whose signal says nothing of it.
        order.save(force_insert=True)
        OrderLine.objects.bulk_create(lines)
    order.frozen_lines = lines
    return order


def healthz(_request: HttpRequest) -> HttpResponse:
    return HttpResponse("ok")


urlpatterns = [path("api/v1/checkout/", Checkout.as_view()), path("healthz", healthz)]
