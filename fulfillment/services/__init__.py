"""The services of fulfillment: open, release, dispatch, cancel and take back shipments."""

from fulfillment.services.cancel import cancel_shipment, recall_shipment
from fulfillment.services.dispatch import NotNow, dispatch_shipment, take_back
from fulfillment.services.forget import forget_recipient
from fulfillment.services.open import lock_shipments, open_shipment
from fulfillment.services.release import NotOpened, release_shipment
from fulfillment.warehouse import WarehouseRefused, WarehouseUnavailable, warehouse

__all__ = [
    "NotNow",
    "NotOpened",
    "WarehouseRefused",
    "WarehouseUnavailable",
    "cancel_shipment",
    "dispatch_shipment",
    "forget_recipient",
    "lock_shipments",
    "open_shipment",
    "recall_shipment",
    "release_shipment",
    "take_back",
    "warehouse",
]
