"""Failures in a running shop, in which nothing fails by itself."""

from collections.abc import Iterator
from contextlib import contextmanager

from tests.live.shop import Shop

REFUSED = "shop.mail.errors.MailRefused"


def kill(shop: Shop, delivery: int, error: str) -> str:
    """Write into the ledger that the delivery has died of this error; the key of its group.

    By hand: a mail provider that refuses would be another shop (`test_failures.py`).
    """
    key, kind = f"{delivery:016x}", error.partition(":")[0]
    shop.query(
        f"UPDATE bus_delivery SET state = 'dead', error = '{error}', failure_key = '{key}', "
        f"lease_until = NULL, closed_at = CURRENT_TIMESTAMP WHERE id = {delivery}",
        "INSERT INTO bus_failedattempt"
        " (delivery_id, number, worker, kind, frame, text, failure_key) VALUES"
        f" ({delivery}, 1, 'desk@shop 7', '{kind}', 'desk/work.py:7 do', '{error}', '{key}')",
    )
    return key


@contextmanager
def dead_delivery(shop: Shop) -> Iterator[str]:
    """The key of a group of failures with one delivery; in the end the ledger is as it was."""
    order = shop.place_order()
    shop.wait_until_settled(order, 90)
    [[delivery]] = shop.query(
        f"SELECT id FROM bus_delivery WHERE stream = '{order['number']}' AND subscription_id ="
        " (SELECT id FROM bus_subscription WHERE name = 'notifications.tasks.send_invoice')"
    )
    key = kill(shop, delivery, f"{REFUSED}: 550 This account is closed")
    try:
        yield key
    finally:
        shop.query(
            "UPDATE bus_delivery SET state = 'done', error = '', failure_key = NULL"
            f" WHERE id = {delivery}",
            f"DELETE FROM bus_failedattempt WHERE delivery_id = {delivery}",
        )
