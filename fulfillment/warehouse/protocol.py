"""The interface of every warehouse, and its errors."""

from datetime import datetime
from typing import Protocol

from fulfillment.models import Shipment


class WarehouseUnavailable(ConnectionError):
    """The warehouse did not answer, or had a transient error. It may have the message."""


class WarehouseRefused(RuntimeError):
    """The warehouse refused the message; a retry would be refused again."""


class Warehouse(Protocol):
    """Calls may be repeated with the same `key`; they take effect once if the warehouse honours it.

    `at` is the instant of the event. A recall is final: a release of the same shipment that arrives
    later must be ignored. Calls raise WarehouseUnavailable, WarehouseRefused or TryLater, whose
    messages hold no personal data.
    """

    def release(self, shipment: Shipment, at: datetime, key: str) -> None:
        """Pack this shipment and send it."""

    def recall(self, shipment: Shipment, at: datetime, key: str) -> None:
        """Do not send this shipment."""
