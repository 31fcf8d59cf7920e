"""Orders in the admin."""

from orders.admin.erasure import ErasureAdmin
from orders.admin.order import OrderAdmin

__all__ = ["ErasureAdmin", "OrderAdmin"]
