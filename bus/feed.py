"""Live pages by server-sent events: one reader of each kind of page for all who watch it."""

import asyncio
import json
import logging
import time
from collections.abc import AsyncIterator, Callable, Hashable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextvars import Context
from dataclasses import dataclass, field
from typing import Any, NamedTuple
from weakref import WeakKeyDictionary

from asgiref.sync import sync_to_async
from django.db import close_old_connections
from django.http import HttpRequest, JsonResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.utils import timezone

from bus.shutdown import on_shutdown

log = logging.getLogger(__name__)

MOST_VIEWERS = 150
"""Per feed and process; each has an open connection and some memory. Further viewers poll."""

POLL_EVERY = 0.5
"""Seconds between two reads of the database, for all viewers together, if a page asks for no other
pace."""

BEAT = 5.0
"""Seconds without news after which a viewer gets a `checked` event."""

LONGEST = 300.0
"""Seconds after which a stream ends: the viewer connects anew, which asks for its permission."""


class News(NamedTuple):
    """What is new of a key: `data` for the page, as values for JSON, and the mark of its state."""

    mark: str
    data: Mapping[str, Any]


Read = Callable[[Mapping[Any, str]], Mapping[Any, News]]
"""Gets the mark that each watched key was last read with, or an empty text, and returns the news of
the keys that have another one now. One query should serve, however many keys there are."""


@dataclass
class Topic:
    """What is known of one key while it is watched."""

    mark: str
    viewers: int = 0
    data: Mapping[str, Any] | None = None
    """None until there is news: a viewer who has the mark already needs none."""
    changed: asyncio.Event = field(default_factory=asyncio.Event)


class Feed:
    """Reads what is watched while there are viewers, and sends each what is new of its key."""

    def __init__(self, read: Read, every: float | None = None) -> None:
        self.viewers = 0
        self._read = read
        self._every = POLL_EVERY if every is None else every
        self._topics: dict[Hashable, Topic] = {}
        self._poller: asyncio.Task[None] | None = None
        self._read_at = ""
        self._stopping = False
        # Its own thread: Django's belong to requests, which a feed outlives, and another feed's
        # slow read would hold up this one's viewers.
        self._reader = ThreadPoolExecutor(1, thread_name_prefix="feed")

    @property
    def full(self) -> bool:
        return self.viewers >= MOST_VIEWERS

    async def watch(self, key: Hashable = "", seen: str = "") -> AsyncIterator[str]:
        """Server-sent events: the key's news whenever its mark is not `seen`, and beats in between.

        Ends after `stop`, and after LONGEST with the event `again`.
        """
        topic = self._enter(key, seen)
        ends_at = time.monotonic() + LONGEST
        try:
            yield "retry: 2000\n\n"
            while not self._stopping:
                if time.monotonic() >= ends_at:
                    yield "event: again\ndata: judged anew\n\n"
                    break
                if not _is_new(topic, seen):
                    await _wait(topic.changed)
                if _is_new(topic, seen):
                    seen = topic.mark
                    yield self._frame(topic)
                elif not self._stopping:
                    yield self._beat()
        finally:
            self._leave(key, topic)

    def stop(self) -> None:
        """End every stream; browsers reconnect to the server that is started next."""
        self._stopping = True
        for topic in self._topics.values():
            topic.changed.set()

    def _frame(self, topic: Topic) -> str:
        data = json.dumps({"at": self._read_at, **(topic.data or {})}, separators=(",", ":"))
        return f"id: {topic.mark}\nevent: news\ndata: {data}\n\n"

    def _beat(self) -> str:
        # The comment keeps proxies from closing the connection; the instant gives the data's age.
        checked = f"event: checked\ndata: {self._read_at}\n" if self._read_at else ""
        return f": nothing new\n{checked}\n"

    def _enter(self, key: Hashable, seen: str) -> Topic:
        topic = self._topics.setdefault(key, Topic(seen))
        if topic.data is None and topic.mark != seen:
            topic.mark = ""  # This viewer has another state than the first one: read it for both.
        topic.viewers += 1
        self.viewers += 1
        if self._poller is None:
            # An empty context: the first viewer's would bind the feed to that request.
            self._poller = asyncio.get_running_loop().create_task(self._poll(), context=Context())
        return topic

    def _leave(self, key: Hashable, topic: Topic) -> None:
        topic.viewers -= 1
        self.viewers -= 1
        if not topic.viewers:
            del self._topics[key]
        if not self.viewers and self._poller:
            self._poller.cancel()
            self._poller, self._read_at = None, ""

    async def _poll(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            watched = {key: topic.mark for key, topic in self._topics.items()}
            try:
                found = await loop.run_in_executor(self._reader, self._query, watched)
            except Exception:
                # Viewers see it by the age of the data.
                log.exception("A live page's data cannot be read; next try in %s s.", BEAT)
                await asyncio.sleep(BEAT)
            else:
                self._update(found)
                await asyncio.sleep(self._every)

    def _query(self, watched: Mapping[Hashable, str]) -> Mapping[Any, News]:
        try:
            return self._read(watched)
        finally:
            # Back to the pool: between two reads the feed holds no connection.
            close_old_connections()

    def _update(self, found: Mapping[Any, News]) -> None:
        self._read_at = timezone.now().isoformat()
        for key, news in found.items():
            if topic := self._topics.get(key):
                topic.mark, topic.data = news
                topic.changed.set()
                topic.changed = asyncio.Event()


def _is_new(topic: Topic, seen: str) -> bool:
    return topic.data is not None and topic.mark != seen


async def _wait(changed: asyncio.Event) -> None:
    try:
        async with asyncio.timeout(BEAT):
            await changed.wait()
    except TimeoutError:
        pass


_feeds: WeakKeyDictionary[asyncio.AbstractEventLoop, dict[Read, Feed]] = WeakKeyDictionary()


def feed_of(read: Read, every: float | None = None) -> Feed:
    """The feed that reads with this function in this event loop; a server process has one."""
    feeds = _feeds.setdefault(asyncio.get_running_loop(), {})
    if read not in feeds:
        feeds[read] = Feed(read, every)
        on_shutdown(feeds[read].stop)
    return feeds[read]


async def stream(
    request: HttpRequest, read: Read, key: Hashable = "", *, every: float | None = None
) -> HttpResponseBase:
    """The key's news as server-sent events (HTML standard, section 9.2), until the viewer leaves.

    The viewer has the state whose mark is its `Last-Event-ID`, or else `seen` in the query. `every`
    is the pace of this function's reads, in seconds. Needs an ASGI server. 503 with `Retry-After`
    above MOST_VIEWERS; requests at the same instant may exceed it. Call it last: it gives the
    request's database connection back.
    """
    feed = feed_of(read, every)
    if feed.full:
        problem = {"detail": "Too many viewers; poll instead."}
        return JsonResponse(problem, status=503, headers={"Retry-After": "30"})
    # The request's queries have opened a connection, which the stream would hold until its end.
    await sync_to_async(close_old_connections)()
    seen = request.headers.get("Last-Event-ID") or request.GET.get("seen", "")
    return StreamingHttpResponse(
        feed.watch(key, seen),
        content_type="text/event-stream",
        headers={"Cache-Control": "no-cache", "X-Accel-Buffering": "no"},
    )
