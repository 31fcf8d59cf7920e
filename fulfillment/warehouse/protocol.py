"""What can be asked of any warehouse, and how it can fail."""

from datetime import datetime
from typing import Protocol

from fulfillment.models import Shipment


class WarehouseUnavailable(ConnectionError):
    """The warehouse did not answer, or asks to be tried again. It may have heard us."""


class WarehouseRefused(RuntimeError):
    """The warehouse will not take this, however often it is asked."""


class Warehouse(Protocol):
    """Each call may be repeated with the same `key`, and takes effect once where that is honoured.

    `at` is the instant the event behind it became true. A recall is final: a release of the same
    shipment that arrives after it means nothing. Calls raise WarehouseUnavailable,
    WarehouseRefused or TryLater, and their messages hold no personal data.
    """

    def release(self, shipment: Shipment, at: datetime, key: str) -> None:
        """Pack this shipment and send it."""

    def recall(self, shipment: Shipment, at: datetime, key: str) -> None:
        """Do not send this shipment."""
