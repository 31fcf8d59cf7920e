"""The apps' effect tables, read whole and grouped by order."""

from collections import Counter, defaultdict
from typing import NamedTuple

from tests.chaos.checker.evidence import Evidence


class OrderRow(NamedTuple):
    cancelled: bool
    reserved: bool
    shipped: bool


NOTHING = OrderRow(cancelled=False, reserved=False, shipped=False)


class Tables:
    """What each app wrote down. Counters are by the columns that should be unique."""

    def __init__(self, evidence: Evidence) -> None:
        self.evidence = evidence
        books = evidence.books
        self.answers = evidence.counter("SELECT number FROM inventory_answer")
        self.granted = dict(books.rows("SELECT number, granted FROM inventory_answer"))
        self.movements = evidence.counter(
            "SELECT number, item_id, kind FROM inventory_movement WHERE number <> ''"
        )
        self.ended = evidence.counter(
            "SELECT number, item_id FROM inventory_movement WHERE number <> '' AND reserved < 0"
        )
        """Movements that took a reservation off the books, whatever for."""
        self._items: dict[str, set[str]] = defaultdict(set)
        for number, item in books.rows("SELECT number, item_id FROM inventory_reservation"):
            self._items[number].add(str(item))
        self.lines = dict(
            books.rows(
                "SELECT o.number, count(*) FROM orders_order o JOIN orders_orderline l "
                "ON l.order_id = o.id WHERE o.number IS NOT NULL GROUP BY o.number"
            )
        )
        self.invoices = evidence.counter("SELECT order_number, kind FROM billing_invoice")
        self.confirmed = {one.stream for one in evidence.events if one.type == "OrderConfirmed"}
        self.files: dict[str, list[tuple[str, str]]] = defaultdict(list)
        for number, name, digest in books.rows(
            "SELECT order_number, storage_name, sha256 FROM billing_invoice"
        ):
            self.files[number].append((name, digest))
        self.shipments = evidence.counter("SELECT number FROM fulfillment_shipment")
        self._shipment = {
            number: (state, released is not None)
            for number, state, released in books.rows(
                "SELECT number, state, released_at FROM fulfillment_shipment"
            )
        }
        self.counted = evidence.counter("SELECT kind, number FROM analytics_countedfact")
        self._orders = {
            number: OrderRow(state == "cancelled", reserved is not None, shipped is not None)
            for number, state, reserved, shipped in books.rows(
                "SELECT number, state, reserved_at, shipped_at FROM orders_order "
                "WHERE number IS NOT NULL"
            )
        }
        self.skipped = {
            key
            for (key,) in books.rows(
                "SELECT key FROM notifications_message WHERE state = 'skipped'"
            )
        }
        self.warehouse: Counter[tuple[str, str]] = Counter(
            (order.number, order.kind) for order in evidence.shipped
        )

    def order(self, number: str) -> OrderRow:
        """What orders wrote down; nothing of an order that is lost."""
        return self._orders.get(number, NOTHING)

    def items(self, number: str) -> set[str]:
        """The stock items that were reserved for an order."""
        return self._items[number]

    def was_stopped(self, number: str) -> bool:
        return self._shipment.get(number, ("", False))[0] in ("cancelled", "to be returned")

    def never_released(self, number: str) -> bool:
        """The shipment was cancelled before the warehouse had confirmed that it sends the goods.

        Telling it may have begun, and have failed; it is recalled then, and not told once more.
        """
        state, released = self._shipment.get(number, ("", False))
        return state == "cancelled" and not released
