"""How the warehouse is told what to do: by a signed POST, or by e-mail to the people there."""

from contextlib import AbstractContextManager

from django.conf import settings

from fulfillment.warehouse.by_http import TOTAL_TIMEOUT, by_http
from fulfillment.warehouse.by_mail import by_mail
from fulfillment.warehouse.contract import Warehouse, WarehouseRefused, WarehouseUnavailable

__all__ = [
    "TOTAL_TIMEOUT",
    "Warehouse",
    "WarehouseRefused",
    "WarehouseUnavailable",
    "warehouse",
]


def warehouse() -> AbstractContextManager[Warehouse]:
    """The warehouse as the settings have it, with one connection kept for several shipments."""
    return by_http() if settings.WAREHOUSE_URL else by_mail()
