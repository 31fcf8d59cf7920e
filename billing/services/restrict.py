"""Restricting the documents of forgotten customers."""

from collections.abc import Sequence

from django.db.models.functions import Now

from billing.models import Invoice
from shop.events import CustomerForgotten


def restrict_documents(forgotten: Sequence[CustomerForgotten]) -> None:
    """Keep these orders' documents for the tax office alone (section 14b UStG; GDPR, articles
    17 (3) b and 18)."""
    numbers = [one.number for one in forgotten]
    Invoice.objects.filter(order_number__in=numbers, restricted_at=None).update(restricted_at=Now())
