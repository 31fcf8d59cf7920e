"""How the warehouse is told what to do: by a signed POST, or by e-mail to the people there."""

from contextlib import AbstractContextManager

from django.conf import settings

from fulfillment.warehouse.email import mail_warehouse
from fulfillment.warehouse.http import TOTAL_TIMEOUT, http_warehouse
from fulfillment.warehouse.protocol import Warehouse, WarehouseRefused, WarehouseUnavailable

__all__ = [
    "TOTAL_TIMEOUT",
    "Warehouse",
    "WarehouseRefused",
    "WarehouseUnavailable",
    "warehouse",
]


def warehouse() -> AbstractContextManager[Warehouse]:
    """The warehouse as the settings have it, with one connection kept for several shipments."""
    return http_warehouse() if settings.WAREHOUSE_URL else mail_warehouse()
