"""A line of an order, frozen when the order is placed."""

from typing import Self

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q

from orders.models.amounts import adds_up, amount_field
from orders.models.order import Order
from shop.models import Product
from shop.money import Amounts, line_amounts, rounded

MOST_LINES = 100
LARGEST_QUANTITY = 9_999
"""Pieces of one SKU in one order."""


class OrderLine(models.Model):
    """One product and its quantity. Name, price and tax rate are the catalogue's at placing."""

    order = models.ForeignKey(Order, models.CASCADE, related_name="lines", db_index=False)
    sku = models.CharField("product", max_length=32)
    name = models.CharField(max_length=120, editable=False)
    quantity = models.PositiveIntegerField(
        validators=[MinValueValidator(1), MaxValueValidator(LARGEST_QUANTITY)]
    )
    unit_price = amount_field(11)
    tax_rate = models.DecimalField(max_digits=4, decimal_places=3, default=0, editable=False)
    net = amount_field(15)
    tax = amount_field(15)
    total = amount_field(15)

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["order", "sku"],
                name="orders_line_once_per_sku",
                violation_error_message="This product is on the order already.",
            ),
            models.CheckConstraint(
                condition=Q(quantity__gte=1), name="orders_line_quantity_at_least_one"
            ),
            adds_up("orders_line_adds_up"),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} x {self.sku}"

    @property
    def currency(self) -> str:
        return self.order.currency

    @property
    def amounts(self) -> Amounts:
        return Amounts(self.net, self.tax, self.total)

    def freeze(self, product: Product, currency: str) -> Self:
        """Copy name, price and tax rate from the catalogue and compute the amounts.

        Raises:
            shop.money.UnknownCurrency: `currency` is no ISO 4217 code.
        """
        self.name = product.name
        self.unit_price = rounded(product.unit_price, currency)
        self.tax_rate = product.tax_rate
        self.net, self.tax, self.total = line_amounts(
            self.unit_price, self.tax_rate, self.quantity, currency
        )
        return self
