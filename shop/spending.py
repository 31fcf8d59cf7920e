"""Rate limits that all processes share: a row in the database for each key."""

import hashlib
import math
import time

from django.conf import settings
from django.db import connection

from shop.budgets import Rate
from shop.models import Spending
from shop.problems import TooManyRequests

# The algorithm of `shop.budgets` in one statement. The row is locked until the transaction ends, so
# parallel requests are counted, and a rollback spends nothing.
SPEND = """
    INSERT INTO shop_spending (key, free_at) VALUES (%(key)s, %(now)s + %(step)s)
    ON CONFLICT (key) DO UPDATE SET free_at = %(step)s + CASE
        WHEN shop_spending.free_at > %(now)s THEN shop_spending.free_at ELSE %(now)s END
    WHERE shop_spending.free_at <= %(now)s + %(period)s - %(step)s
"""


def spend(setting: str, what: str, detail: str) -> None:
    """Take one of the setting's budget for `what`, in the transaction that uses it.

    Raises:
        TooManyRequests: with `detail`, and the seconds until one is free.
    """
    budgets: dict[str, Rate] = settings.BUDGETS
    rate = budgets[setting]
    step, now = rate.seconds / rate.number, time.time()
    # Hashed, since it may be an e-mail address.
    key = hashlib.sha256(f"{setting} {what}".encode()).hexdigest()
    with connection.cursor() as cursor:
        values: dict[str, str | float] = {
            "key": key,
            "now": now,
            "step": step,
            "period": float(rate.seconds) + 1e-3,
        }
        cursor.execute(SPEND, values)
        spent = bool(cursor.rowcount)
    if not spent:
        free_at = Spending.objects.values_list("free_at", flat=True).get(key=key)
        wait = max(1, math.ceil(free_at + step - rate.seconds - now))
        raise TooManyRequests(f"{detail} Repeat in {wait} s.", wait)


def forget_spent() -> None:
    """Delete the rows whose budget is whole again; run every night."""
    Spending.objects.filter(free_at__lt=time.time()).delete()
