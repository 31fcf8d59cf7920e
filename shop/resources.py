"""Products as tables."""

from typing import Any

from django.conf import settings
from django.db.models import QuerySet
from import_export.fields import Field

from shop.exchange.resources import Imported
from shop.exchange.widgets import Number, Text, Truth
from shop.models import Category, Product, least_price
from shop.money import minor_unit

MOST_NAMED = 20
"""Categories in an error."""


class CategoryName(Text):
    """A category by its slug or name. An unknown one is refused: it may be misspelled."""

    def __init__(self) -> None:
        super().__init__()
        categories = list(Category.objects.all())
        self.slugs = [one.slug for one in categories]
        # A slug goes before another category's name.
        self.named = {one.name: one for one in categories}
        self.named |= {one.slug: one for one in categories}

    def clean(self, value: Any, *_: Any, **_options: Any) -> Any:
        name = str(value).strip()
        if name and name not in self.named:
            there = ", ".join(self.slugs[:MOST_NAMED]) or "none"
            more = ", ..." if len(self.slugs) > MOST_NAMED else ""
            raise ValueError(f"There is no category {name!r}; there are: {there}{more}.")
        return self.named.get(name)

    def render(self, value: Any, *_: Any, **_options: Any) -> str:
        return value.slug if value else ""


class Rate(Number):
    """A rate of 0 to 1 with up to three decimal places."""

    refusal = "is no rate; write 0.19 for 19 %."

    def clean(self, value: Any, *_: Any, **_options: Any) -> Any:
        rate = super().clean(value)
        if rate is not None and not (0 <= rate <= 1 and rate == round(rate, 3)):
            raise self._refused(value)
        return rate


class Price(Number):
    """A price that can be paid: the currency's minor unit or more."""

    def clean(self, value: Any, *_: Any, **_options: Any) -> Any:
        price = super().clean(value)
        if price is not None and price < minor_unit(settings.CURRENCY):
            raise ValueError(least_price())
        return price


class ProductResource(Imported):
    """Products, without their pictures."""

    numbers = ("unit_price", "tax_rate")

    sku = Field("sku", "sku", widget=Text())
    name = Field("name", "name", widget=Text())
    category = Field("category", "category")
    description = Field("description", "description", widget=Text())
    unit_price = Field("unit_price", "unit_price", widget=Price())
    tax_rate = Field("tax_rate", "tax_rate", widget=Rate())
    active = Field("active", "active", widget=Truth())

    class Meta:
        model = Product
        fields = ("sku", "name", "category", "description", "unit_price", "tax_rate", "active")

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.fields["category"].widget = CategoryName()

    def get_queryset(self) -> QuerySet[Product]:
        rows: QuerySet[Product] = super().get_queryset()
        return rows.select_related("category")
