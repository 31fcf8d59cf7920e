"""Amounts as whole numbers, which every database adds up exactly."""

from decimal import Decimal
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models

from shop.money import MOST_PLACES

THOUSANDTHS = MOST_PLACES


class AmountField(models.PositiveBigIntegerField):
    """A `Decimal` of at most three places and never below zero, kept as whole thousandths.

    SQLite adds decimals as floating-point numbers, so a counter that grows by addition would
    drift; whole numbers add up exactly on every database. No currency that a shop can sell in has
    more places (`shop.money.MOST_PLACES`). The currency is in the row.
    """

    def from_db_value(self, value: Any, *_context: Any) -> Decimal | None:
        if value is None:
            return None
        # As in events: 1.50, not 1.500, unless the third place is needed.
        amount = Decimal(value).scaleb(-THOUSANDTHS)
        return amount if value % 10 else amount.quantize(Decimal("0.01"))

    def to_python(self, value: Any) -> Decimal | None:
        return None if value is None else Decimal(value)

    def get_prep_value(self, value: Any) -> int | None:
        if value is None:
            return None
        thousandths = Decimal(value).scaleb(THOUSANDTHS)
        if thousandths != int(thousandths):
            raise ValidationError(f"{value} has more than {THOUSANDTHS} decimal places.")
        return int(thousandths)
