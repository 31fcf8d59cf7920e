"""The contract: what each version of an event looks like, and what may change in it."""

from bus.contract.folder import Contract
from bus.contract.types import event_types

__all__ = ["Contract", "event_types"]
