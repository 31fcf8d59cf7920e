"""The warehouse: a signed POST to its system, or an e-mail to its staff."""

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
    """The warehouse of the settings, with one connection for several shipments."""
    return http_warehouse() if settings.WAREHOUSE_URL else mail_warehouse()
