"""The bus in the admin: read everything, and do to the ledger what an operator may."""

from bus.admin.deliveries import DeliveryAdmin
from bus.admin.events import EventAdmin
from bus.admin.operations import AuditResultAdmin, OperatorActionAdmin
from bus.admin.subscriptions import SubscriptionAdmin

__all__ = [
    "AuditResultAdmin",
    "DeliveryAdmin",
    "EventAdmin",
    "OperatorActionAdmin",
    "SubscriptionAdmin",
]
