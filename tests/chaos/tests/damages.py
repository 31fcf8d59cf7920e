"""Damage in the database, statement by statement, and the promises that are broken by it."""

from collections.abc import Iterator
from typing import NamedTuple

from tests.chaos.checker.accounts import NUMBERS
from tests.chaos.checker.figures import FIGURES
from tests.chaos.checker.handlers import REGISTERED
from tests.chaos.checker.ledger import EACH, LANES, REST
from tests.chaos.checker.orders import CANCELLED, ONCE, SUMS
from tests.chaos.checker.published import CAUSED, CONFIRMED, PUBLISHED, REJECTED
from tests.chaos.checker.stock import PROMISED, STOCK
from tests.chaos.checker.traces import PRIVACY

LOST, DOUBLED = "lost", "doubled"

MAILS = ("send-order-confirmation", "send-cancellation", "send-invoice", "send-dispatch-notice")


class Damage(NamedTuple):
    """`said` is in the text of one violation."""

    what: str
    promises: set[str]
    said: str
    statements: tuple[str, ...]

    def __str__(self) -> str:
        return self.what


def twice(table: str, where: str) -> str:
    return f"INSERT INTO {table} SELECT * FROM {table} WHERE {where}"


def delivery(handler: str, order: str) -> str:
    """Which row of the ledger."""
    return (
        f"stream = :{order} AND subscription_id = "
        f"(SELECT id FROM bus_subscription WHERE name = '{handler}')"
    )


def never(event: str, order: str) -> tuple[str, str]:
    """It was not published, so it has no deliveries."""
    which = f"type = '{event}' AND stream = :{order}"
    return (
        f"DELETE FROM bus_delivery WHERE event_id IN (SELECT id FROM bus_event WHERE {which})",
        f"DELETE FROM bus_event WHERE {which}",
    )


PLAIN = "number = :plain"
INVOICE = delivery("billing.tasks.issue_invoice", "plain")

ORDERS = (
    Damage("an answered order is not there", {ONCE, SUMS, FIGURES, LOST, PROMISED},
           "was answered, its key has None", (f"DELETE FROM orders_order WHERE {PLAIN}",)),
    Damage("a key leads nowhere", {ONCE}, "was answered, its key has None",
           ("DELETE FROM orders_idempotencykey WHERE key = 'key of plain'",)),
    Damage("a key leads to another order", {ONCE}, "its key has",
           ("UPDATE orders_idempotencykey SET order_id = (SELECT public_id FROM orders_order "
            "WHERE number = :sent) WHERE key = 'key of plain'",)),
    Damage("an order placed twice under one key", {ONCE, FIGURES, CONFIRMED}, "by no customer",
           (twice("orders_order", PLAIN),
            "UPDATE orders_order SET id = 100, public_id = '', number = 'SO-9' "
            "WHERE rowid = (SELECT max(rowid) FROM orders_order)")),
    Damage("two OrderPlaced", {ONCE}, "has 2 OrderPlaced",
           (twice("bus_event", "stream = :plain AND type = 'OrderPlaced'"),)),
    Damage("no OrderPlaced", {ONCE, CAUSED}, "has 0 OrderPlaced",
           never("OrderPlaced", "plain")),
    Damage("a line is lost", {SUMS, FIGURES, LOST, PROMISED}, "its lines make",
           ("DELETE FROM orders_orderline WHERE sku = 'FOOD-TEA' AND order_id = "
            "(SELECT id FROM orders_order WHERE number = :plain)",)),
    Damage("an invoice over another total", {SUMS}, "has a document (invoice) over",
           ("UPDATE billing_invoice SET total = 1 WHERE order_number = :plain",)),
    Damage("a cancellation is lost", {CANCELLED, FIGURES, PUBLISHED}, "is placed",
           ("UPDATE orders_order SET state = 'placed' WHERE number = :cancelled",)),
)  # fmt: skip

LEDGER = (
    Damage("a delivery is missing", {EACH}, "has 0 deliveries to billing.tasks.issue_invoice",
           (f"DELETE FROM bus_delivery WHERE {INVOICE}",)),
    Damage("a delivery is there twice", {EACH}, "has 2 deliveries to billing.tasks.issue_invoice",
           (twice("bus_delivery", INVOICE),)),
    Damage("dead, and not planted", {REST}, "is dead: Boom",
           (f"UPDATE bus_delivery SET state = 'dead', error = 'Boom' WHERE {INVOICE}",)),
    Damage("dead for doubts, and no mail", {REST}, "is dead: Boom",
           ("UPDATE bus_delivery SET state = 'dead', error = 'Boom', ambiguous = 2 "
            f"WHERE {INVOICE}",)),
    Damage("a handler that is registered for nothing", {REGISTERED},
           "analytics.tasks.record_sales is registered 0 times for OrderPlaced",
           ("UPDATE bus_subscription SET event_type = 'Nothing' "
            "WHERE name = 'analytics.tasks.record_sales'",)),
    Damage("a handler that is retired", {REGISTERED}, "is registered 0 times for OrderCancelled",
           ("UPDATE bus_subscription SET retired_at = '2020-01-01' "
            "WHERE name = 'notifications.tasks.send_cancellation'",)),
    Damage("a handler without code", {REGISTERED}, "billing.tasks.more is registered 1 times",
           (twice("bus_subscription", "name = 'billing.tasks.issue_invoice'"),
            "UPDATE bus_subscription SET id = 100, name = 'billing.tasks.more' "
            "WHERE rowid = (SELECT max(rowid) FROM bus_subscription)")),
    Damage("dead without a reason", {REST}, "is dead without a reason",
           (f"UPDATE bus_delivery SET state = 'dead' WHERE {INVOICE}",)),
    *(Damage(f"{state} at rest", {REST}, f"is {state}",
             (f"UPDATE bus_delivery SET state = '{state}' WHERE {INVOICE}",))
      for state in ("waiting", "sent", "running", "sending", "discarded")),
    Damage("an event is in the outbox still", {REST}, "are still in the outbox",
           ("INSERT INTO bus_outbox SELECT max(id) FROM bus_event",)),
    Damage("a lane out of order", {LANES}, "was done before",
           ("UPDATE bus_delivery SET closed_at = '2999-01-01 00:00:00' WHERE "
            + delivery("inventory.tasks.reserve_stock", "cancelled"),)),
    Damage("a name in a traceback", {PRIVACY}, "in its traceback",
           ("UPDATE bus_delivery SET error = 'no Quillfeather' WHERE " + INVOICE,)),
)  # fmt: skip

ACCOUNTS = (
    Damage("a gap in the numbers", {NUMBERS}, "misses [2]",
           ("UPDATE billing_invoice SET sequence = 5 WHERE series = 'INV' AND sequence = 2",)),
    Damage("a number twice", {NUMBERS}, "has twice [1]",
           ("UPDATE billing_invoice SET sequence = 1 WHERE series = 'INV' AND sequence = 2",)),
    Damage("stock that does not add up", {STOCK}, "DESK-INK has",
           ("UPDATE inventory_stockitem SET on_hand = on_hand + 1 WHERE sku = 'DESK-INK'",)),
    Damage("reserved stock that does not add up", {STOCK}, "DESK-INK has",
           ("UPDATE inventory_stockitem SET reserved = reserved + 1 WHERE sku = 'DESK-INK'",)),
    Damage("stock below zero", {STOCK}, "has -1 on hand",
           ("UPDATE inventory_movement SET on_hand = on_hand - 1 - (SELECT on_hand FROM "
            "inventory_stockitem WHERE sku = 'DESK-INK') WHERE id = (SELECT min(id) FROM "
            "inventory_movement WHERE item_id = (SELECT id FROM inventory_stockitem "
            "WHERE sku = 'DESK-INK'))",
            "UPDATE inventory_stockitem SET on_hand = -1 WHERE sku = 'DESK-INK'")),
    Damage("stock that is oversold", {STOCK}, "DESK-PENCIL is promised and is not there",
           ("UPDATE inventory_movement SET on_hand = on_hand - (SELECT on_hand FROM "
            "inventory_stockitem WHERE sku = 'DESK-PENCIL') WHERE id = (SELECT min(id) FROM "
            "inventory_movement WHERE item_id = (SELECT id FROM inventory_stockitem "
            "WHERE sku = 'DESK-PENCIL'))",
            "UPDATE inventory_stockitem SET on_hand = 0 WHERE sku = 'DESK-PENCIL'")),
    Damage("an open reservation of more than was ordered", {STOCK, PROMISED}, "by reservation",
           ("UPDATE inventory_reservation SET quantity = quantity + 1 WHERE number = :plain",)),
    Damage("a reservation of more than was ordered", {PROMISED}, "DESK-INK: ordered 1, reserved 2",
           ("UPDATE inventory_reservation SET quantity = quantity + 1 WHERE number = :sent",)),
    Damage("a reservation that was given back and has left too", {DOUBLED, STOCK, PROMISED},
           "inventory.tasks.release_stock: 2 times",
           (twice("inventory_movement", "number = :cancelled AND kind = 'released'"),
            "UPDATE inventory_movement SET kind = 'dispatched' WHERE rowid > (SELECT max(rowid) "
            "FROM inventory_movement) - 2")),
    *(Damage(f"figures of another day: {table}", {FIGURES}, f"analytics_{table}",
             (f"UPDATE analytics_{table} SET {column} = '2020-01-01{time}'",))
      for table, column, time in (("dayfigures", "day", ""), ("productfigures", "day", ""),
                                  ("minutefigures", "minute", " 12:00:00"))),
    *(Damage(f"figures that drifted: {table} {column}", {FIGURES}, f"analytics_{table}",
             (f"UPDATE analytics_{table} SET {column} = {column} + 1",))
      for table in ("dayfigures", "minutefigures")
      for column in ("orders", "units", "revenue", "net", "cancelled", "reversed_revenue",
                     "rejected", "dispatched")),
    *(Damage(f"figures of a product that drifted: {column}", {FIGURES}, "FOOD-TEA says",
             (f"UPDATE analytics_productfigures SET {column} = {column} + 1 "
              "WHERE sku = 'FOOD-TEA'",))
      for column in ("units", "revenue", "cancelled_units", "reversed_revenue")),
)  # fmt: skip


def _of(kind: str, order: str) -> str:
    return f"number = :{order} AND kind = '{kind}'"


def _document(kind: str, order: str) -> str:
    return f"order_number = :{order} AND kind = '{kind}'"


ROWS = (
    ("inventory.tasks.reserve_stock", "inventory_answer", PLAIN, {PUBLISHED, PROMISED}, set()),
    ("inventory.tasks.reserve_stock", "inventory_movement", _of("reserved", "plain"),
     {STOCK, PROMISED}, {STOCK, PROMISED}),
    ("inventory.tasks.release_stock", "inventory_movement", _of("released", "cancelled"),
     {STOCK, PROMISED}, {STOCK, PROMISED}),
    ("inventory.tasks.consume_stock", "inventory_movement", _of("dispatched", "sent"),
     {STOCK, PROMISED}, {STOCK, PROMISED}),
    ("billing.tasks.issue_invoice", "billing_invoice", _document("invoice", "plain"),
     {PUBLISHED}, {NUMBERS}),
    ("billing.tasks.issue_credit_note", "billing_invoice", _document("credit note", "cancelled"),
     {PUBLISHED}, {NUMBERS}),
    ("fulfillment.tasks.open_shipment", "fulfillment_shipment", PLAIN, {PUBLISHED}, set()),
    ("analytics.tasks.record_sales", "analytics_countedfact", _of("OrderPlaced", "plain"),
     set(), set()),
    ("analytics.tasks.reverse_sales", "analytics_countedfact",
     _of("OrderCancelled", "cancelled"), set(), set()),
    ("analytics.tasks.record_rejections", "analytics_countedfact",
     _of("StockRejected", "rejected"), set(), set()),
    ("analytics.tasks.record_dispatches", "analytics_countedfact",
     _of("ShipmentDispatched", "sent"), set(), set()),
)  # fmt: skip
"""A handler, the rows of its effect, and what else shows if they are lost or there twice."""


def _effects() -> Iterator[Damage]:
    for handler, table, where, if_lost, if_doubled in ROWS:
        yield Damage(f"{handler} lost in {table}", {LOST} | if_lost, f"{handler} had no effect",
                     (f"DELETE FROM {table} WHERE {where}",))  # fmt: skip
        yield Damage(f"{handler} doubled in {table}", {DOUBLED} | if_doubled,
                     f"{handler}: 2 times", (twice(table, where),))  # fmt: skip


CHANGES = (
    Damage("a reservation that moved one item of two", {LOST, STOCK, PROMISED},
           "inventory.tasks.reserve_stock had no effect",
           ("DELETE FROM inventory_movement WHERE id = (SELECT max(id) FROM inventory_movement "
            "WHERE number = :plain AND kind = 'reserved')",)),
    Damage("a document that is not as it was issued", {LOST},
           "billing.tasks.draw_document had no effect",
           ("UPDATE billing_invoice SET sha256 = '0' WHERE order_number = :plain",)),
    Damage("a shipment that was not cancelled", {LOST, PUBLISHED},
           "fulfillment.tasks.cancel_shipment had no effect",
           ("UPDATE fulfillment_shipment SET state = 'released' WHERE number = :cancelled",)),
    Damage("a rejected order that was not cancelled", {LOST, FIGURES, PUBLISHED},
           "orders.tasks.cancel_rejected_order had no effect",
           ("UPDATE orders_order SET state = 'placed' WHERE number = :rejected",)),
    Damage("a reservation that orders did not note", {LOST},
           "orders.tasks.note_reservation had no effect",
           (f"UPDATE orders_order SET reserved_at = NULL WHERE {PLAIN}",)),
    Damage("an order that was not confirmed", {CONFIRMED, CAUSED}, "has no OrderConfirmed",
           never("OrderConfirmed", "plain")),
    Damage("an order confirmed after its cancellation", {CONFIRMED}, "was cancelled",
           *[tuple(f"UPDATE bus_{table} SET {pk} = {pk} + 1000 WHERE {pk} = (SELECT id FROM "
                   "bus_event WHERE type = 'OrderConfirmed' AND stream = :cancelled)"
                   for table, pk in (("delivery", "event_id"), ("event", "id")))]),
    Damage("a rejected order with an invoice", {REJECTED, PUBLISHED, SUMS}, "has a document",
           (twice("billing_invoice", "order_number = :plain"),
            "UPDATE billing_invoice SET sequence = 5, order_number = :rejected "
            "WHERE rowid = (SELECT max(rowid) FROM billing_invoice)")),
    Damage("a dispatch that orders did not note", {LOST, FIGURES},
           "orders.tasks.note_dispatch had no effect",
           ("UPDATE orders_order SET shipped_at = NULL WHERE number = :sent",)),
    *(Damage(f"{event} was not published", {PUBLISHED, *others}, f"has 0 {event}",
             never(event, order))
      for event, order, others in (
          ("StockReserved", "plain", {CAUSED, CONFIRMED}),
          ("StockRejected", "rejected", {CAUSED}),
          ("OrderCancelled", "cancelled", {CAUSED}),
          ("InvoiceNumbered", "plain", set()),
          ("InvoiceIssued", "plain", {CAUSED}),
          ("ShipmentReleased", "plain", set()),
          ("ShipmentRecalled", "cancelled", {CAUSED}),
          ("ShipmentDispatched", "sent", {CAUSED}),
      )),
)  # fmt: skip

DAMAGES = (*ORDERS, *LEDGER, *ACCOUNTS, *_effects(), *CHANGES)
