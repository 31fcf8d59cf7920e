"""Orders as a table, for export alone."""

from datetime import datetime
from typing import Any

from django.utils import timezone
from import_export.fields import Field

from orders.models import Order
from orders.phases import phase_of
from shop.exchange.resources import Exported
from shop.exchange.widgets import Text

TEXTS = ("email", "name", "line1", "line2", "postal_code", "city", "region", "country")
AMOUNTS = ("net", "tax", "total")
INSTANTS = ("placed_at", "reserved_at", "shipped_at", "cancelled_at")


class Instant(Text):
    """In the shop's time zone, without a fraction of the second."""

    def render(self, value: Any, *_: Any, **_options: Any) -> str:
        if not isinstance(value, datetime):
            return ""
        return timezone.localtime(value).strftime("%Y-%m-%d %H:%M:%S")


class OrderResource(Exported):
    """One row for each order. Personal data: only who may view orders can export them."""

    numbers = AMOUNTS

    class Meta:
        model = Order
        fields = ()

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        columns: dict[str, Text] = {
            "number": Text(),
            "phase": Text(),
            **dict.fromkeys(INSTANTS, Instant()),
            **dict.fromkeys(TEXTS, Text()),
            "currency": Text(),
            **dict.fromkeys(AMOUNTS, Text()),
        }
        for name, widget in columns.items():
            attribute = "state" if name == "phase" else name
            self.fields[name] = Field(attribute, name, widget=widget)

    def dehydrate_phase(self, order: Order) -> str:
        return phase_of(order)
