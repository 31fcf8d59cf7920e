"""Limits of requests, applied before the application: size, time, number and budgets."""

import asyncio
import re
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, nullcontext
from io import BytesIO
from typing import Any

from asgiref.sync import ThreadSensitiveContext, sync_to_async
from django.conf import settings
from django.core.handlers.asgi import ASGIRequest
from django.db import close_old_connections
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from config.refusals import form_of, refuse
from config.turns import Application, Message, Receive, Send, Turns
from orders.checkout_pages import BUTTONS
from shop.budgets import Budget, network_of
from shop.origins import is_from_another_site
from shop.parsers import LARGEST_BODY, LARGEST_UPLOAD
from shop.problems import BodyTooLarge, BodyTooSlow, Crowded, Forbidden, TooManyRequests
from shop.spending import SharedBudget

LARGEST_FORM = 1024 * 1024
"""Bytes of a form of the admin. An order of a hundred lines takes about 60,000."""

LARGER = {"/admin/login/": LARGEST_BODY, "/admin/shop/": LARGEST_UPLOAD, "/admin/": LARGEST_FORM}
"""Bytes by prefix of the path, where not `LARGEST_BODY`; the first prefix that matches counts."""

LARGE_AT_ONCE = 16
"""Requests with more than `LARGEST_BODY` at once. Any client can send them: the body is read before
the admin's login; one on each connection would exhaust the process's memory."""

BODY_WITHIN = 15
"""Seconds for a complete body to arrive."""

BUDGETS = (
    (re.compile("(?:/api/v1)?/checkout/?"), SharedBudget("CHECKOUTS_PER_ADDRESS"), True),
    (re.compile("(?:/api/v1)?/checkout/?"), SharedBudget("CHECKOUTS_IN_ALL"), False),
    (
        re.compile("(?:/api/v1)?/orders/[^/]+/cancel/?"),
        SharedBudget("CANCELLATIONS_PER_ADDRESS"),
        True,
    ),
)
"""The budget that a POST to a path uses, and whether each address has its own."""

TAKEN = "shop.budgets"  # in a request's scope: what it took

CHECKOUT_PAGE = "/checkout/"

ANOTHER_SITE = "The request comes from the page of another site."


class Gone(Exception):
    """The client has disconnected before its request was complete."""


class CrowdedForms(Crowded):
    """Too many large bodies at once; this one was not read."""


class Guard:
    """An ASGI application that passes on complete requests, some at a time (`Turns`).

    The size of a body is limited while it arrives, with a Content-Length or chunked, and it is
    kept in memory, not on disk. A chunked one is passed on with its length; Django and the REST
    framework would take it for empty.
    """

    def __init__(self, application: Application) -> None:
        self._application = application
        self._turns = Turns(self._within_shared_budgets)
        self._large = asyncio.Semaphore(LARGE_AT_ONCE)

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._application(scope, receive, send)
            return
        whole = b""
        try:
            async with self._place_for_body(scope):
                if has_body(scope):
                    whole = await read(receive, largest_body(scope["path"]), length(scope))
                    scope, receive = with_body(scope, whole), replayed(whole, receive)
                with spend(scope, whole) as scope[TAKEN]:
                    await self._turns(scope, receive, send)
        except (BodyTooLarge, BodyTooSlow, CrowdedForms) as refusal:
            await refuse(refusal, scope, send, unread=receive)
        except (Forbidden, TooManyRequests, Crowded) as refusal:
            await refuse(refusal, scope, send, whole)
        except Gone:
            return

    async def _within_shared_budgets(self, scope: Message, receive: Receive, send: Send) -> None:
        shared = [(budget, key) for budget, key in scope[TAKEN] if isinstance(budget, SharedBudget)]
        # The request is served in the context's thread, and so with the same database connection.
        async with ThreadSensitiveContext():
            if shared:
                await sync_to_async(spend_shared)(shared)
            await self._application(scope, receive, send)

    @asynccontextmanager
    async def _place_for_body(self, scope: Message) -> AsyncIterator[None]:
        large = may_be_large(scope)
        if large and self._large.locked():
            raise CrowdedForms
        async with self._large if large else nullcontext():
            yield


@contextmanager
def spend(scope: Message, body: bytes) -> Iterator[list[tuple[Budget, str]]]:
    """Use the budgets of a request in this process's memory. One that is refused uses none.

    Raises:
        Forbidden: another site's page has sent it, which could spend its visitors' budgets.
        TooManyRequests: a budget is spent, that of this address or that of all.
    """
    taken: list[tuple[Budget, str]] = []
    try:
        for budget, each in charged(scope, body):
            address = network_of((scope.get("client") or [None])[0]) if each else ""
            if wait := budget.take_here(address):
                raise _spent(address, wait)
            taken.append((budget, address))
        yield taken
    except (TooManyRequests, Crowded):
        for budget, address in taken:
            budget.give_back_here(address)
        raise


def spend_shared(taken: list[tuple[SharedBudget, str]]) -> None:
    """Use the same budgets for all processes.

    Raises:
        TooManyRequests: a budget is spent; those taken before it are given back.
    """
    for number, (budget, address) in enumerate(taken):
        if wait := budget.take_shared(address):
            for earlier, key in taken[:number]:
                earlier.give_back_shared(key)
            close_old_connections()  # the application, which would do it, is not reached
            raise _spent(address, wait)


def _spent(address: str, wait: int) -> TooManyRequests:
    whose = "from this address" if address else "in all"
    return TooManyRequests(f"There were too many {whose}. Repeat in {wait} s.", wait)


def charged(scope: Message, body: bytes) -> list[tuple[Budget, bool]]:
    """The budgets that a request uses, and whether each address has its own.

    Raises:
        Forbidden: it would use one, and comes from another site's page.
    """
    if scope["method"] != "POST":
        return []
    found = [(budget, each) for path, budget, each in BUDGETS if path.fullmatch(scope["path"])]
    if found and is_from_another_site(ASGIRequest(scope, BytesIO())):
        raise Forbidden(ANOTHER_SITE)
    return [] if buys_nothing(scope, body) else found


def buys_nothing(scope: Message, body: bytes) -> bool:
    """Whether it is the checkout's form, sent by a button that only changes the form.

    Read as the page reads it: no form may be free here and an order there.
    """
    if scope["path"] != CHECKOUT_PAGE:
        return False
    form = form_of(scope, body)
    return any(button in form for button in BUTTONS)


def guarded(application: Any) -> Any:
    """The application behind its guard; TRUSTED_PROXIES name the client's address."""
    guard: Any = Guard(application)
    if settings.TRUSTED_PROXIES:
        return ProxyHeadersMiddleware(guard, settings.TRUSTED_PROXIES)
    return guard


def largest_body(path: str) -> int:
    """The limit of a body for a path, in bytes."""
    fitting = (size for prefix, size in LARGER.items() if path.startswith(prefix))
    return next(fitting, LARGEST_BODY)


def may_be_large(scope: Message) -> bool:
    """Whether its body may exceed `LARGEST_BODY` and so needs one of `LARGE_AT_ONCE` places."""
    announced = length(scope)
    more = announced is None or announced > LARGEST_BODY
    return more and has_body(scope) and largest_body(scope["path"]) > LARGEST_BODY


def has_body(scope: Message) -> bool:
    return any(name in (b"content-length", b"transfer-encoding") for name, _ in scope["headers"])


def length(scope: Message) -> int | None:
    """The Content-Length, if there is one. The server has refused values that are no numbers."""
    found = [value for name, value in scope["headers"] if name == b"content-length"]
    return int(found[0]) if found else None


async def read(receive: Receive, largest: int, announced: int | None) -> bytes:
    """The complete body.

    Raises:
        BodyTooLarge: before a byte is read, if `announced` exceeds `largest`.
        BodyTooSlow: it has not arrived within `BODY_WITHIN`.
        Gone: the client has disconnected before its end.
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
    """The request with the Content-Length of its body, and not chunked."""
    told = (b"content-length", b"transfer-encoding")
    headers = [(name, value) for name, value in scope["headers"] if name not in told]
    return {**scope, "headers": [*headers, (b"content-length", str(len(whole)).encode())]}


def replayed(whole: bytes, receive: Receive) -> Receive:
    """A `receive` that returns the body once, and then what the connection does."""
    messages: list[Message] = [{"type": "http.request", "body": whole, "more_body": False}]

    async def next_message() -> Message:
        return messages.pop() if messages else await receive()

    return next_message
