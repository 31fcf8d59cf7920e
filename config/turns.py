"""So many requests at once; a stream gives its place back when it begins."""

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from shop.problems import Crowded

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Message, Receive, Send], Awaitable[None]]

MOST_REQUESTS = 64
"""Requests served at once by a process. Each has a thread; PostgreSQL's pool has 20 connections."""

TURN_WITHIN = 10
"""Seconds for which a request waits for a free place."""

UNCOUNTED = ("/healthz", "/readyz")
"""Probes, answered under any load."""


class Turns:
    """Passes requests on to an application, `MOST_REQUESTS` at a time."""

    def __init__(self, application: Application) -> None:
        self._application = application
        self._free = asyncio.Semaphore(MOST_REQUESTS)

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Serve the request in its turn.

        Raises:
            Crowded: no place was free in time.
        """
        if scope["path"] in UNCOUNTED:
            await self._application(scope, receive, send)
            return
        try:
            async with asyncio.timeout(TURN_WITHIN):
                await self._free.acquire()
        except TimeoutError:
            raise Crowded from None
        held = True

        async def passed_on(message: Message) -> None:
            nonlocal held
            if held and _begins_stream(message):
                held = False
                self._free.release()
            await send(message)

        try:
            await self._application(scope, receive, passed_on)
        finally:
            if held:
                self._free.release()


def _begins_stream(message: Message) -> bool:
    """Server-sent events take no thread, and have a limit of their own (`bus.feed`)."""
    return any(
        name.lower() == b"content-type" and value.startswith(b"text/event-stream")
        for name, value in message.get("headers", ())
    )
