"""How long after a fault an order is done in full again, told by effects and not by the ledger."""

import time
import uuid

from tests.chaos.buyers import Buyers, Purchase
from tests.chaos.stage import Stage
from tests.support.wait import wait_until

PLAIN = [{"sku": "DESK-PENCIL", "quantity": 1}]

EFFECTS = {
    "stock reserved": "SELECT count(*) FROM inventory_answer WHERE number = %s",
    "invoice drawn": "SELECT count(*) FROM billing_invoice WHERE order_number = %s "
    "AND sha256 <> ''",
    "warehouse told": "SELECT count(*) FROM fulfillment_shipment WHERE number = %s "
    "AND released_at IS NOT NULL",
    "sale counted": "SELECT count(*) FROM analytics_countedfact WHERE number = %s",
    "reservation noted": "SELECT count(*) FROM orders_order WHERE number = %s "
    "AND reserved_at IS NOT NULL",
}


def plain_purchase(buyers: Buyers) -> Purchase:
    """One piece of what there is plenty of."""
    return Purchase(str(uuid.uuid4()), buyers.body(PLAIN))


def recovery(stage: Stage, buyers: Buyers, longest: float) -> tuple[float, str]:
    """Seconds from now until an order placed now has all its effects, and which came last.

    The orders that the fault put at stake must have theirs as well.

    Raises:
        TimeoutError: it has not after `longest` seconds; names what is missing.
    """
    began = time.monotonic()
    purchase = plain_purchase(buyers)
    buyers.send(purchase)
    open_orders = [*stage.at_stake, purchase]
    stage.at_stake.clear()
    missing: list[str] = ["answer"]

    def done() -> bool:
        while open_orders and not (found := missing_effects(stage, open_orders[-1])):
            open_orders.pop()
        missing[:] = found if open_orders else missing
        return not open_orders

    try:
        wait_until(done, longest, "all effects of an order placed after the fault")
    except TimeoutError as error:
        raise TimeoutError(f"not within {longest:g} s: {', '.join(missing)}") from error
    return time.monotonic() - began, ", ".join(missing)


def missing_effects(stage: Stage, purchase: Purchase) -> list[str]:
    """Which effects of an ordinary order are not there yet."""
    if not purchase.number:
        return ["answer"]
    missing = [what for what, sql in EFFECTS.items() if not stage.books.one(sql, purchase.number)]
    mails = {mail.subject.split()[0] for mail in stage.mailbox.kept() if mail.to == purchase.email}
    return missing + (["both mails"] if len(mails) < 2 else [])
