"""The feed of the live dashboard: one reader for all viewers of a process."""

import asyncio
import json
import logging
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextvars import Context
from typing import Any
from weakref import WeakKeyDictionary

from django.db import close_old_connections
from django.utils import timezone

from analytics import selectors
from analytics.shutdown import on_shutdown

log = logging.getLogger(__name__)

MOST_VIEWERS = 200
"""Per process; each has an open connection and some memory. Further viewers poll instead."""

POLL_EVERY = 0.5
"""Seconds between two reads of the database, for all viewers together."""

BEAT = 5.0
"""Seconds without a change after which viewers get a `checked` event."""

# Its own thread: Django's threads belong to requests, and the feed outlives each request.
_reader = ThreadPoolExecutor(1, thread_name_prefix="dashboard")


class Feed:
    """Reads the figures while there are viewers, and sends them to all."""

    def __init__(self, read: Callable[[], dict[str, Any]]) -> None:
        self.viewers = 0
        self._read = read
        self._poller: asyncio.Task[None] | None = None
        self._latest: dict[str, Any] | None = None
        self._version = 0
        self._read_at = ""
        self._changed = asyncio.Event()
        self._stopping = False

    @property
    def full(self) -> bool:
        return self.viewers >= MOST_VIEWERS

    async def watch(self) -> AsyncIterator[str]:
        """Server-sent events: the figures now and at every change, and a beat in between.

        Ends after `stop`.
        """
        self._enter()
        try:
            seen = 0
            yield "retry: 2000\n\n"
            while not self._stopping:
                if not self._is_newer_than(seen):
                    await self._wait()
                if self._is_newer_than(seen):
                    seen = self._version
                    yield self._frame()
                elif not self._stopping:
                    yield self._beat()
        finally:
            self._leave()

    def stop(self) -> None:
        """End every stream; browsers reconnect to the server that is started next."""
        self._stopping = True
        self._changed.set()

    def _is_newer_than(self, seen: int) -> bool:
        return self._latest is not None and self._version != seen

    def _frame(self) -> str:
        data = json.dumps({"at": self._read_at, **(self._latest or {})}, separators=(",", ":"))
        return f"event: figures\ndata: {data}\n\n"

    def _beat(self) -> str:
        # The comment keeps proxies from closing the connection; the instant gives the data's age.
        checked = f"event: checked\ndata: {self._read_at}\n" if self._latest else ""
        return f": nothing new\n{checked}\n"

    async def _wait(self) -> None:
        try:
            async with asyncio.timeout(BEAT):
                await self._changed.wait()
        except TimeoutError:
            pass

    def _enter(self) -> None:
        self.viewers += 1
        if self._poller is None:
            # An empty context: the first viewer's would bind the feed to that request.
            self._poller = asyncio.get_running_loop().create_task(self._poll(), context=Context())

    def _leave(self) -> None:
        self.viewers -= 1
        if not self.viewers and self._poller:
            self._poller.cancel()
            self._poller, self._latest = None, None

    async def _poll(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            try:
                found = await loop.run_in_executor(_reader, self._query)
            except Exception:
                # Viewers see it by the age of the data.
                log.exception("The figures cannot be read; next try in %s s.", BEAT)
                await asyncio.sleep(BEAT)
            else:
                self._update(found)
                await asyncio.sleep(POLL_EVERY)

    def _query(self) -> dict[str, Any]:
        try:
            return self._read()
        finally:
            # Back to the pool: between two reads the feed holds no connection.
            close_old_connections()

    def _update(self, found: dict[str, Any]) -> None:
        self._read_at = timezone.now().isoformat()
        if found != self._latest:
            self._latest, self._version = found, self._version + 1
            self._changed.set()
            self._changed = asyncio.Event()


_feeds: WeakKeyDictionary[asyncio.AbstractEventLoop, Feed] = WeakKeyDictionary()


def feed() -> Feed:
    """The feed of this event loop; a server process has one."""
    loop = asyncio.get_running_loop()
    if loop not in _feeds:
        _feeds[loop] = Feed(selectors.dashboard)
        on_shutdown(_feeds[loop].stop)
    return _feeds[loop]
