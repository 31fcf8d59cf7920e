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
"""Per process; each holds a connection and a little memory. Further ones poll instead."""

LOOK_EVERY = 0.5
"""Seconds between two looks at the database, however many viewers there are."""

BEAT = 5.0
"""Seconds of silence after which viewers are told that nothing has changed."""

# A thread of its own: Django's threads belong to requests, and the feed outlives each of them.
_reader = ThreadPoolExecutor(1, thread_name_prefix="dashboard")


class Feed:
    """What viewers see, read again and again while there are viewers and only then."""

    def __init__(self, read: Callable[[], dict[str, Any]]) -> None:
        self.viewers = 0
        self._read = read
        self._poller: asyncio.Task[None] | None = None
        self._latest: dict[str, Any] | None = None
        self._version = 0
        self._read_at = ""
        self._news = asyncio.Event()
        self._stopping = False

    @property
    def full(self) -> bool:
        return self.viewers >= MOST_VIEWERS

    async def watch(self) -> AsyncIterator[str]:
        """Server-sent events: the figures now and at every change, and a beat in between."""
        self._enter()
        try:
            seen = 0
            yield "retry: 2000\n\n"
            while not self._stopping:
                if not self._knows_more_than(seen):
                    await self._wait()
                if self._knows_more_than(seen):
                    seen = self._version
                    yield self._frame()
                elif not self._stopping:
                    yield self._beat()
        finally:
            self._leave()

    def stop(self) -> None:
        """Let every viewer go; their browsers come back to the server that is started next."""
        self._stopping = True
        self._news.set()

    def _knows_more_than(self, seen: int) -> bool:
        return self._latest is not None and self._version != seen

    def _frame(self) -> str:
        data = json.dumps({"at": self._read_at, **(self._latest or {})}, separators=(",", ":"))
        return f"event: figures\ndata: {data}\n\n"

    def _beat(self) -> str:
        # The comment keeps proxies from closing the connection; the time tells the data's age.
        checked = f"event: checked\ndata: {self._read_at}\n" if self._latest else ""
        return f": nothing new\n{checked}\n"

    async def _wait(self) -> None:
        try:
            async with asyncio.timeout(BEAT):
                await self._news.wait()
        except TimeoutError:
            pass

    def _enter(self) -> None:
        self.viewers += 1
        if self._poller is None:
            # An empty context, since the first viewer's would bind the feed to his request.
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
                found = await loop.run_in_executor(_reader, self._look)
            except Exception:
                # Viewers see by the age of the data that nobody could read.
                log.exception("The figures cannot be read.")
                await asyncio.sleep(BEAT)
            else:
                self._tell(found)
                await asyncio.sleep(LOOK_EVERY)

    def _look(self) -> dict[str, Any]:
        try:
            return self._read()
        finally:
            # Back to the pool: between two looks the feed holds no connection.
            close_old_connections()

    def _tell(self, found: dict[str, Any]) -> None:
        self._read_at = timezone.now().isoformat()
        if found != self._latest:
            self._latest, self._version = found, self._version + 1
            self._news.set()
            self._news = asyncio.Event()


_feeds: WeakKeyDictionary[asyncio.AbstractEventLoop, Feed] = WeakKeyDictionary()


def feed() -> Feed:
    """The feed of this event loop, which a server process has one of."""
    loop = asyncio.get_running_loop()
    if loop not in _feeds:
        _feeds[loop] = Feed(selectors.dashboard)
        on_shutdown(_feeds[loop].stop)
    return _feeds[loop]
