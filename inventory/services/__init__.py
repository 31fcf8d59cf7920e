"""The services of inventory; nothing else changes the stock's numbers."""

from inventory.services.adjust import BadBooking, correct_stock, count_stock, receive_stock
from inventory.services.consume import consume_stock
from inventory.services.reconcile import follow_movements, restore_answer
from inventory.services.release import release_stock
from inventory.services.reserve import reserve_stock
from inventory.services.stock import BooksDisagree, StockMoved, lock_stock

__all__ = [
    "BadBooking",
    "BooksDisagree",
    "StockMoved",
    "consume_stock",
    "correct_stock",
    "count_stock",
    "follow_movements",
    "lock_stock",
    "receive_stock",
    "release_stock",
    "reserve_stock",
    "restore_answer",
]
