"""Erasing the recipients of shipments."""

from collections.abc import Sequence

from fulfillment.models import Shipment
from shop.events import CustomerForgotten

BLANK = dict.fromkeys(("recipient", "email", "line1", "line2", "postal_code", "city", "region"), "")
"""The country stays: without the rest it is no person's."""


def forget_recipient(forgotten: Sequence[CustomerForgotten]) -> None:
    """Erase name and address from the shipments of these orders. What the warehouse was told is
    for the warehouse to erase."""
    numbers = [one.number for one in forgotten]
    Shipment.objects.filter(number__in=numbers).update(**BLANK)
