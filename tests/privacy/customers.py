"""Customers who buy, and what is left of one of them."""

import re
from typing import Any

from django.apps import apps

from bus.audit import run_checks
from bus.testing import settle
from fulfillment.models import Shipment
from fulfillment.services import dispatch_shipment
from orders.models import Erasure, Order
from orders.services import Basket, Repeat, checkout, forget
from shop.events import Address, Customer

GRACE = Customer(
    email="Grace.Hopper@example.org",
    name="Grace Brewster",
    address=Address(line1="Cobolgasse 7", postal_code="10115", city="Berlin", country="DE"),
)
OTHER = Customer(
    email="other.person@example.org",
    name="Other Person",
    address=Address(line1="Nebenweg 3", postal_code="10115", city="Berlin", country="DE"),
)
TRACES = re.compile("hopper@|brewster|cobolgasse", re.IGNORECASE)
KEPT = {"billing_invoice.buyer"}
"""What the tax office wants (section 14b UStG)."""


def bought(customer: Customer, key: str = "") -> Order:
    repeat = Repeat(key, "a fingerprint") if key else None
    order = checkout(Basket(customer, {"CUP": 1}), repeat).order
    settle()
    return order


def sent(customer: Customer = GRACE, key: str = "") -> Order:
    order = bought(customer, key)
    dispatch_shipment(Shipment.objects.get(number=order.number).pk, "DHL", "00340434")
    settle()
    order.refresh_from_db()
    return order


def traces() -> set[str]:
    """The columns of the database in which the person's name, address or e-mail stand."""
    found = set()
    for model in apps.get_models(include_auto_created=True):
        if model._meta.proxy:
            continue
        for row in model._default_manager.values():
            for column, value in row.items():
                if TRACES.search(str(value)):
                    found.add(f"{model._meta.db_table}.{column}")
    return found


def found_by_audit() -> dict[str, Any]:
    return {rule: found for rule, found in run_checks().items() if found}


def forgotten(email: str = GRACE.email) -> Erasure:
    erasure = forget(email, by="ada", why="asked for in writing")
    settle()
    return erasure
