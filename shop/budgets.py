"""Rate limits per address, per recipient, or for all together.

In the memory of the process: no query, no Redis, and exact for parallel requests. `shop.spending`
makes a budget hold for all processes.
"""

import math
import re
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from ipaddress import IPv6Address, ip_address
from typing import NamedTuple

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

MOST_KEYS = 50_000
"""Kept per budget; the least recently used is dropped first."""

UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
WRITTEN = re.compile(r"([1-9][0-9]{0,8})/([1-9][0-9]{0,3})?([smhd])")


class Rate(NamedTuple):
    """`number` per `seconds`."""

    number: int
    seconds: int


def read_budgets(written: dict[str, str]) -> dict[str, Rate]:
    """Parse settings like 20/h or 600/10m.

    Raises:
        ImproperlyConfigured: a setting has another format.
    """
    return {name: _read(name, text) for name, text in written.items()}


def _read(name: str, text: str) -> Rate:
    found = WRITTEN.fullmatch(text)
    if found is None:
        raise ImproperlyConfigured(
            f"{name} is {text!r}; it must be a number per time, like 20/h or 600/10m."
        )
    return Rate(int(found[1]), int(found[2] or 1) * UNITS[found[3]])


class Budget:
    """Allows the setting's number at once, and as many again per period, evenly.

    The generic cell rate algorithm: one instant per key, from which the whole budget is free again.
    """

    def __init__(self, setting: str, clock: Callable[[], float] = time.monotonic) -> None:
        self.setting = setting
        self._clock = clock
        self._free_at: OrderedDict[str, float] = OrderedDict()
        self._lock = threading.Lock()

    def take(self, key: str = "") -> int:
        """Take one. Returns 0, or the whole seconds until one is free."""
        return self.take_here(key)

    def take_here(self, key: str = "") -> int:
        """Take one in memory; all of it, unless the budget is shared."""
        rate = self._rate
        with self._lock:
            now = self._clock()
            free_at = max(self._free_at.pop(key, now), now) + rate.seconds / rate.number
            wait = free_at - now - rate.seconds
            if wait > 1e-6:
                free_at -= rate.seconds / rate.number
            self._free_at[key] = free_at
            if len(self._free_at) > MOST_KEYS:
                self._free_at.popitem(last=False)
        return max(1, math.ceil(wait)) if wait > 1e-6 else 0

    def give_back(self, key: str = "") -> None:
        """Return one that was taken but not used."""
        self.give_back_here(key)

    def give_back_here(self, key: str = "") -> None:
        """Return in memory what `take_here` took."""
        rate = self._rate
        with self._lock:
            if key in self._free_at:
                self._free_at[key] -= rate.seconds / rate.number

    def forgive(self, key: str) -> None:
        """Forget what was taken for this key."""
        with self._lock:
            self._free_at.pop(key, None)

    @property
    def _rate(self) -> Rate:
        rate: Rate = settings.BUDGETS[self.setting]
        return rate


def network_of(address: str | None) -> str:
    """The key of an address: a client has 2**64 IPv6 addresses, so their first half is used."""
    try:
        found = ip_address(address or "")
    except ValueError:
        return "unknown"
    if isinstance(found, IPv6Address):
        return str(found.ipv4_mapped or IPv6Address(int(found) >> 64 << 64))
    return str(found)
