"""Stock: what its movements make, promised to each order as ordered, and never to two."""

from collections.abc import Iterator

from tests.chaos.checker.evidence import Evidence
from tests.chaos.checker.verdict import Violation

STOCK = "stock is what its movements make, never below zero and never oversold"
PROMISED = "each order is promised what it ordered, all of it and once"

OVERSOLD = """
SELECT i.sku FROM inventory_stockitem i WHERE i.reserved > i.on_hand AND i.reserved > i.on_hand - (
    SELECT coalesce(sum(gone.on_hand), 0) FROM inventory_movement gone
    WHERE gone.item_id = i.id AND gone.kind = 'dispatched' AND gone.reserved = 0 AND EXISTS (
        SELECT 1 FROM inventory_movement given WHERE given.number = gone.number
        AND given.item_id = gone.item_id AND given.kind = 'released'))
"""
"""What is promised without being there, but for goods that had left when their order's cancellation
gave them back: another order may have got them."""

ORDERED = """
SELECT o.number, l.sku, sum(l.quantity) FROM orders_order o
JOIN orders_orderline l ON l.order_id = o.id
WHERE o.number IN (SELECT number FROM inventory_answer WHERE granted) GROUP BY o.number, l.sku
"""
RESERVED = """
SELECT r.number, i.sku, sum(r.quantity),
    sum(CASE WHEN r.state = 'reserved' THEN r.quantity ELSE 0 END)
FROM inventory_reservation r JOIN inventory_stockitem i ON i.id = r.item_id GROUP BY r.number, i.sku
"""
MOVED = """
SELECT m.number, i.sku, sum(CASE WHEN m.kind = 'reserved' THEN m.reserved ELSE 0 END),
    sum(m.reserved), -sum(m.on_hand)
FROM inventory_movement m JOIN inventory_stockitem i ON i.id = m.item_id
WHERE m.number <> '' GROUP BY m.number, i.sku
"""


def stock_adds_up(evidence: Evidence) -> Iterator[Violation]:
    for sku, on_hand, reserved, moved, promised, still_open in evidence.books.rows(
        "SELECT i.sku, i.on_hand, i.reserved, coalesce(sum(m.on_hand), 0), "
        "coalesce(sum(m.reserved), 0), (SELECT coalesce(sum(r.quantity), 0) "
        "FROM inventory_reservation r WHERE r.item_id = i.id AND r.state = 'reserved') "
        "FROM inventory_stockitem i LEFT JOIN inventory_movement m ON m.item_id = i.id "
        "GROUP BY i.id, i.sku, i.on_hand, i.reserved"
    ):
        if (on_hand, reserved) != (int(moved), int(promised)):
            what = f"has {on_hand} and {reserved} reserved; movements make {moved} and {promised}"
            yield Violation(STOCK, sku, what)
        if reserved != int(still_open):
            yield Violation(STOCK, sku, f"has {reserved} reserved, and {still_open} by reservation")
        if on_hand < 0 or reserved < 0:
            yield Violation(STOCK, sku, f"has {on_hand} on hand and {reserved} reserved")
    for (sku,) in evidence.books.rows(OVERSOLD):
        yield Violation(STOCK, sku, "is promised and is not there")


def promises_are_what_was_ordered(evidence: Evidence) -> Iterator[Violation]:
    """By order and SKU: its lines, its reservations and its movements say the same."""
    ordered, reserved, moved = (
        {(number, sku): tuple(map(int, sums)) for number, sku, *sums in evidence.books.rows(sql)}
        for sql in (ORDERED, RESERVED, MOVED)
    )
    for number, sku in sorted(ordered.keys() | reserved.keys() | moved.keys()):
        (wanted,) = ordered.get((number, sku), (0,))
        held, still_open = reserved.get((number, sku), (0, 0))
        taken, still_promised, gone = moved.get((number, sku), (0, 0, 0))
        if not (wanted == held == taken and still_open == still_promised and gone in (0, wanted)):
            what = (
                f"{sku}: ordered {wanted}, reserved {held} with {still_open} open; movements "
                f"reserved {taken} with {still_promised} open, and {gone} left"
            )
            yield Violation(PROMISED, number, what)
