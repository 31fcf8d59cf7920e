"""How much of something one address, one recipient, or everybody together may ask for.

In the memory of the process that answers: it costs no query, no Redis, and holds under parallel
requests. With several web processes each has budgets of its own.
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
"""Remembered per budget. The one not asked for longest is forgotten first."""

UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
WRITTEN = re.compile(r"([1-9][0-9]{0,8})/([1-9][0-9]{0,3})?([smhd])")


class Rate(NamedTuple):
    """So many in a period of so many seconds."""

    number: int
    seconds: int


def read_budgets(written: dict[str, str]) -> dict[str, Rate]:
    """Read settings like 20/h or 600/10m.

    Raises:
        ImproperlyConfigured: one of them is written otherwise.
    """
    return {name: _read(name, text) for name, text in written.items()}


def _read(name: str, text: str) -> Rate:
    found = WRITTEN.fullmatch(text)
    if found is None:
        raise ImproperlyConfigured(
            f"{name} is {text!r}; write how many in which time, like 20/h or 600/10m."
        )
    return Rate(int(found[1]), int(found[2] or 1) * UNITS[found[3]])


class Budget:
    """The setting's number at once, and as many again in each period, evenly.

    The generic cell rate algorithm: one instant is kept for each key, from which all is free again.
    """

    def __init__(self, setting: str, clock: Callable[[], float] = time.monotonic) -> None:
        self.setting = setting
        self._clock = clock
        self._free_at: OrderedDict[str, float] = OrderedDict()
        self._lock = threading.Lock()

    def take(self, key: str = "") -> int:
        """Take one. 0, or the whole seconds after which there will be one again."""
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
        """What was taken was not used."""
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
    """By what an address is counted: IPv6 gives everybody 2**64 of them, so by the first half."""
    try:
        found = ip_address(address or "")
    except ValueError:
        return "unknown"
    if isinstance(found, IPv6Address):
        return str(found.ipv4_mapped or IPv6Address(int(found) >> 64 << 64))
    return str(found)
