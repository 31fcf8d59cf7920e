"""What inventory does; the numbers of the stock change here and nowhere else."""

from inventory.services.booking import BadBooking, correct_stock, receive_stock
from inventory.services.mending import follow_movements, restore_answer
from inventory.services.reserving import reserve_stock
from inventory.services.settling import consume_stock, release_stock
from inventory.services.stock import BooksDisagree, StockMoved, lock_stock

__all__ = [
    "BadBooking",
    "BooksDisagree",
    "StockMoved",
    "consume_stock",
    "correct_stock",
    "follow_movements",
    "lock_stock",
    "receive_stock",
    "release_stock",
    "reserve_stock",
    "restore_answer",
]
