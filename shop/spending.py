"""Rate limits that all processes share: a row in the database for each key."""

import logging
import math
import time
from collections import OrderedDict
from collections.abc import Callable

from django.conf import settings
from django.db import Error, connection
from django.db.models import F
from django.utils.crypto import salted_hmac

from shop.budgets import MOST_KEYS, Budget, Rate
from shop.models import Spending
from shop.problems import TooManyRequests

log = logging.getLogger(__name__)

# The algorithm of `shop.budgets` in one statement. The row is locked until the transaction ends, so
# parallel requests are counted, and a rollback spends nothing.
SPEND = """
    INSERT INTO shop_spending (key, free_at) VALUES (%(key)s, %(now)s + %(cost)s)
    ON CONFLICT (key) DO UPDATE SET free_at = %(cost)s + CASE
        WHEN shop_spending.free_at > %(now)s THEN shop_spending.free_at ELSE %(now)s END
    WHERE shop_spending.free_at <= %(now)s + %(period)s - %(cost)s
"""

BLOCKS = 100
"""A process takes a hundredth of a large budget with one statement, so that under load the row of
all checkouts is written once for sixty of them."""


class SharedBudget(Budget):
    """A budget for all processes and hosts, whose clocks must agree to a second or so.

    The memory of the process comes first: what it refuses costs no query. A statement of its own
    follows, outside any transaction. Without the database it allows what the memory allows: what
    the budget protects needs the database as well.
    """

    def __init__(self, setting: str, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__(setting, clock)
        self._blocks: OrderedDict[str, tuple[int, float]] = OrderedDict()
        """How many of the row are taken and not used, until when; 0: none is free until then."""

    def take_here(self, key: str = "") -> int:
        """Take one in memory. Returns 0, or the whole seconds until one is free."""
        with self._lock:
            left, until = self._blocks.get(key, (1, 0.0))
        wait = until - self._clock()
        return math.ceil(wait) if not left and wait > 0 else super().take_here(key)

    def take_shared(self, key: str = "") -> int:
        """Take one of the row, after `take_here`, with a statement unless a block is left."""
        if self._take_of_block(key):
            return 0
        block = max(1, self._rate.number // BLOCKS)
        try:
            wait = take_row(self.setting, key, block)
            if wait and block > 1:
                block, wait = 1, take_row(self.setting, key, 1)
        except Error:
            log.warning("%s is counted in this process only: no database.", self.setting)
            return 0
        # A parallel request may have taken a block meanwhile.
        if wait and self._take_of_block(key):
            return 0
        # What a block takes is free again at its end, so what is left then need not be returned.
        lasts = wait or block * self._rate.seconds / self._rate.number
        with self._lock:
            left = 0 if wait else self._blocks.pop(key, (0, 0.0))[0] + block - 1
            if wait or left:
                self._blocks[key] = left, self._clock() + lasts
            if len(self._blocks) > MOST_KEYS:
                self._blocks.popitem(last=False)
        return wait

    def _take_of_block(self, key: str) -> bool:
        with self._lock:
            left, until = self._blocks.pop(key, (0, 0.0))
            if not left or self._clock() >= until:
                return False
            if left > 1:
                self._blocks[key] = left - 1, until
            return True

    def take(self, key: str = "") -> int:
        wait = self.take_here(key)
        if not wait and (wait := self.take_shared(key)):
            self.give_back_here(key)
        return wait

    def give_back(self, key: str = "") -> None:
        self.give_back_here(key)
        self.give_back_shared(key)

    def give_back_shared(self, key: str = "") -> None:
        """Return what `take_shared` took: to the block that is being used up, else to the row."""
        with self._lock:
            left, until = self._blocks.get(key, (0, 0.0))
            if left and self._clock() < until:
                self._blocks[key] = left + 1, until
                return
            self._blocks.pop(key, None)
        step = self._rate.seconds / self._rate.number
        try:
            Spending.objects.filter(key=_key(self.setting, key)).update(free_at=F("free_at") - step)
        except Error:
            log.warning("%s is not given back: no database.", self.setting)

    def forgive(self, key: str) -> None:
        super().forgive(key)
        with self._lock:
            self._blocks.pop(key, None)
        try:
            Spending.objects.filter(key=_key(self.setting, key)).delete()
        except Error:
            log.warning("%s is not forgiven: no database.", self.setting)


def spend(setting: str, what: str, detail: str) -> None:
    """Take one of the setting's budget for `what`, in the transaction that uses it.

    Raises:
        TooManyRequests: with `detail`, and the seconds until one is free.
    """
    if wait := take_row(setting, what, 1):
        raise TooManyRequests(f"{detail} Repeat in {wait} s.", wait)


def forget_spent() -> None:
    """Delete the rows whose budget is whole again; run every night."""
    Spending.objects.filter(free_at__lt=time.time()).delete()


def take_row(setting: str, what: str, number: int) -> int:
    """Take so many with one statement. Returns 0, or the whole seconds until they are free."""
    budgets: dict[str, Rate] = settings.BUDGETS
    rate = budgets[setting]
    cost, now, key = number * rate.seconds / rate.number, time.time(), _key(setting, what)
    with connection.cursor() as cursor:
        values: dict[str, str | float] = {
            "key": key,
            "now": now,
            "cost": cost,
            "period": float(rate.seconds) + 1e-3,
        }
        cursor.execute(SPEND, values)
        if cursor.rowcount:
            return 0
    free_at = Spending.objects.filter(key=key).values_list("free_at", flat=True).first() or now
    return max(1, math.ceil(free_at + cost - rate.seconds - now))


def _key(setting: str, what: str) -> str:
    """Keyed with the SECRET_KEY: all IP addresses can be hashed within minutes."""
    return salted_hmac("shop.spending", f"{setting} {what}", algorithm="sha256").hexdigest()
