"""What a request may bring and how many are served at once, judged before anything is done."""

import asyncio
import json
import re
from collections.abc import AsyncIterator, Awaitable, Callable, MutableMapping
from contextlib import asynccontextmanager, nullcontext
from typing import Any

from django.conf import settings
from rest_framework.exceptions import APIException
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from shop.budgets import Budget, network_of
from shop.parsers import LARGEST_BODY
from shop.problems import (
    MEDIA_TYPE,
    BodyTooLarge,
    BodyTooSlow,
    Crowded,
    TooManyRequests,
    body,
)

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Message, Receive, Send], Awaitable[None]]

LARGEST_FORM = 1024 * 1024
"""In bytes, of a form of the admin. An order of a hundred lines takes about 60 thousand."""

LARGER = {"/admin/login/": LARGEST_BODY, "/admin/": LARGEST_FORM}
"""Where more than `LARGEST_BODY` is taken; the first prefix that fits holds."""

LARGE_AT_ONCE = 16
"""Requests with more than `LARGEST_BODY`. Anybody may send them, before the admin asks who it is;
of one on each connection the process would run out of memory."""

BODY_WITHIN = 15
"""Seconds in which a whole body must be here."""

DISCARD_WITHIN = 2
"""Seconds for which the rest of a refused body is read and thrown away, so that a client that
writes before it reads gets to read why."""

MOST_REQUESTS = 64
"""Served at once by a process; each has a thread, and PostgreSQL's pool has twenty connections."""

TURN_WITHIN = 10
"""Seconds for which a request waits for others to end."""

UNCOUNTED = ("/healthz", "/readyz", "/analytics/stream/")
"""Probes must be answered in any crowd; the stream lasts, has no thread and a limit of its own."""

BUDGETS = (
    (re.compile("/api/v1/checkout/?"), Budget("CHECKOUTS_PER_ADDRESS"), True),
    (re.compile("/api/v1/checkout/?"), Budget("CHECKOUTS_IN_ALL"), False),
    (re.compile("/api/v1/orders/[^/]+/cancel/?"), Budget("CANCELLATIONS_PER_ADDRESS"), True),
)
"""What a POST to a path takes from, and whether each address has that for itself."""


class Gone(Exception):
    """The client has left before its request was whole."""


class CrowdedForms(Crowded):
    """Too many large forms at once; the body was not read."""


class Guard:
    """An ASGI application that hands on whole requests alone, `MOST_REQUESTS` at a time.

    A body is counted while it comes, announced or chunked, and kept in memory: nothing is written
    to disk for anybody. The application is told the length of a chunked one, which Django and the
    REST framework take for empty otherwise.
    """

    def __init__(self, application: Application) -> None:
        self.application = application
        self._turns = asyncio.Semaphore(MOST_REQUESTS)
        self._large = asyncio.Semaphore(LARGE_AT_ONCE)

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.application(scope, receive, send)
            return
        try:
            async with self._room(scope):
                if has_body(scope):
                    whole = await read(receive, largest_body(scope["path"]), length(scope))
                    scope, receive = with_body(scope, whole), replayed(whole, receive)
                spend(scope)
                await self._in_turn(scope, receive, send)
        except (BodyTooLarge, BodyTooSlow, CrowdedForms) as refusal:
            await refuse(refusal, scope, send, receive)
        except (TooManyRequests, Crowded) as refusal:
            await refuse(refusal, scope, send)
        except Gone:
            return

    @asynccontextmanager
    async def _room(self, scope: Message) -> AsyncIterator[None]:
        large = may_be_large(scope)
        if large and self._large.locked():
            raise CrowdedForms
        async with self._large if large else nullcontext():
            yield

    async def _in_turn(self, scope: Message, receive: Receive, send: Send) -> None:
        if scope["path"] in UNCOUNTED:
            await self.application(scope, receive, send)
            return
        try:
            async with asyncio.timeout(TURN_WITHIN):
                await self._turns.acquire()
        except TimeoutError:
            raise Crowded from None
        try:
            await self.application(scope, receive, send)
        finally:
            self._turns.release()


def spend(scope: Message) -> None:
    """Count what costs the shop something, before it does.

    Raises:
        TooManyRequests: from this address, or in all.
    """
    if scope["method"] != "POST":
        return
    for path, budget, each in BUDGETS:
        if path.fullmatch(scope["path"]):
            address = network_of((scope.get("client") or [None])[0]) if each else ""
            if wait := budget.take(address):
                whose = "from this address" if each else "in all"
                raise TooManyRequests(f"There were too many {whose}. Repeat in {wait} s.", wait)


def guarded(application: Any) -> Any:
    """The application behind its guard, which counts by whom TRUSTED_PROXIES speak for."""
    guard: Any = Guard(application)
    if settings.TRUSTED_PROXIES:
        return ProxyHeadersMiddleware(guard, settings.TRUSTED_PROXIES)
    return guard


def largest_body(path: str) -> int:
    """In bytes."""
    fitting = (size for prefix, size in LARGER.items() if path.startswith(prefix))
    return next(fitting, LARGEST_BODY)


def may_be_large(scope: Message) -> bool:
    """Whether its body may take more than `LARGEST_BODY`, and so one of a few places."""
    announced = length(scope)
    more = announced is None or announced > LARGEST_BODY
    return more and has_body(scope) and largest_body(scope["path"]) > LARGEST_BODY


def has_body(scope: Message) -> bool:
    return any(name in (b"content-length", b"transfer-encoding") for name, _ in scope["headers"])


def length(scope: Message) -> int | None:
    """What was announced. The server has refused what is no number."""
    found = [value for name, value in scope["headers"] if name == b"content-length"]
    return int(found[0]) if found else None


async def read(receive: Receive, largest: int, announced: int | None) -> bytes:
    """The whole body.

    Raises:
        BodyTooLarge: before the first byte of it was read, where its length was announced.
        BodyTooSlow: it was not here in time.
        Gone: the connection ended before it did.
    """
    if announced is not None and announced > largest:
        raise BodyTooLarge.over(largest)
    whole = bytearray()
    try:
        async with asyncio.timeout(BODY_WITHIN):
            while True:
                message = await receive()
                if message["type"] == "http.disconnect":
                    raise Gone
                whole += message.get("body", b"")
                if len(whole) > largest:
                    raise BodyTooLarge.over(largest)
                if not message.get("more_body", False):
                    return bytes(whole)
    except TimeoutError:
        raise BodyTooSlow from None


def with_body(scope: Message, whole: bytes) -> Message:
    """The request as if it had announced its length."""
    told = (b"content-length", b"transfer-encoding")
    headers = [(name, value) for name, value in scope["headers"] if name not in told]
    return {**scope, "headers": [*headers, (b"content-length", str(len(whole)).encode())]}


def replayed(whole: bytes, receive: Receive) -> Receive:
    """Give the body once; what is asked for after it comes from the connection."""
    messages: list[Message] = [{"type": "http.request", "body": whole, "more_body": False}]

    async def next_message() -> Message:
        return messages.pop() if messages else await receive()

    return next_message


async def refuse(
    refusal: APIException, scope: Message, send: Send, unread: Receive | None = None
) -> None:
    """Answer; where some of the request is unread, end the connection instead of reading it."""
    problem = body(refusal)
    if scope["path"].startswith("/api/"):
        media_type, text = MEDIA_TYPE, json.dumps(problem)
    else:
        media_type, text = "text/plain; charset=utf-8", f"{problem['title']}. {problem['detail']}"
    content = text.encode()
    headers = [
        (b"content-type", media_type.encode()),
        (b"content-length", str(len(content)).encode()),
    ]
    if unread:
        headers.append((b"connection", b"close"))
    if wait := getattr(refusal, "wait", None):
        headers.append((b"retry-after", str(wait).encode()))
    start = {"type": "http.response.start", "status": refusal.status_code, "headers": headers}
    await send(start)
    await send({"type": "http.response.body", "body": content, "more_body": True})
    if unread:
        await _discard(unread)
    await send({"type": "http.response.body", "body": b"", "more_body": False})


async def _discard(receive: Receive) -> None:
    try:
        async with asyncio.timeout(DISCARD_WITHIN):
            while True:
                message = await receive()
                if message["type"] == "http.disconnect" or not message.get("more_body", False):
                    return
    except TimeoutError:
        return
