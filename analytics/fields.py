"""Sums of money that a database adds up without rounding."""

from decimal import Decimal
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models

HUNDREDTHS = 2


class AmountField(models.PositiveBigIntegerField):
    """A `Decimal` of at most two places and never below zero, kept as a whole number of hundredths.

    SQLite adds decimals as floating-point numbers, so a counter that grows by addition would
    drift; whole numbers add up exactly on every database. No currency of the shop has more than
    two places (see `shop.money.MINOR_UNITS`).
    """

    def from_db_value(self, value: Any, *_context: Any) -> Decimal | None:
        return None if value is None else Decimal(value).scaleb(-HUNDREDTHS)

    def to_python(self, value: Any) -> Decimal | None:
        return None if value is None else Decimal(value)

    def get_prep_value(self, value: Any) -> int | None:
        if value is None:
            return None
        hundredths = Decimal(value).scaleb(HUNDREDTHS)
        if hundredths != int(hundredths):
            raise ValidationError(f"{value} has more than two decimal places.")
        return int(hundredths)
