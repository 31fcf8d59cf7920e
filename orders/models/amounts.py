"""The columns in which an order and its lines keep money."""

from decimal import Decimal
from typing import Any

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Round

from shop.columns import Amount
from shop.money import MOST_PLACES


def amount_field(max_digits: int = 17, **options: Any) -> Amount:
    """An amount in the order's currency."""
    return Amount(max_digits=max_digits, default=Decimal(0), editable=False, **options)


def adds_up(name: str) -> models.CheckConstraint:
    """`net + tax == total`. Rounded, since SQLite keeps amounts as floating-point numbers."""
    difference = Round(F("net") + F("tax") - F("total"), MOST_PLACES)
    return models.CheckConstraint(
        condition=Q(total__gte=0) & models.lookups.Exact(difference, Decimal(0)), name=name
    )
