"""Answers to requests that the guard refuses: problems for the API, pages for people."""

import asyncio
import json
from io import BytesIO

from django.conf import settings
from django.core.handlers.asgi import ASGIRequest
from django.utils import translation

from config.turns import Message, Receive, Send
from shop.middleware import API, IN_ONE_LANGUAGE
from shop.problems import MEDIA_TYPE, Problem, body
from shop.views import refused

DISCARD_WITHIN = 2
"""Seconds for which the rest of a refused body is read and dropped, so that a client that writes
before it reads gets the answer."""

PAGE = (
    (b"content-type", b"text/html; charset=utf-8"),
    (b"content-security-policy", b"default-src 'none'; style-src 'self'"),
    (b"cache-control", b"no-store"),
)
"""Headers of a page; no middleware adds any."""


async def refuse(
    refusal: Problem, scope: Message, send: Send, unread: Receive | None = None
) -> None:
    """Answer with a refusal; with an `unread` body, close the connection after it."""
    if scope["path"].startswith(API):
        content = json.dumps(body(refusal)).encode()
        headers = [(b"content-type", MEDIA_TYPE.encode())]
    else:
        content, headers = _page(refusal, scope).encode(), list(PAGE)
    headers.append((b"content-length", str(len(content)).encode()))
    if unread:
        headers.append((b"connection", b"close"))
    if refusal.wait:
        headers.append((b"retry-after", str(refusal.wait).encode()))
    start = {"type": "http.response.start", "status": refusal.status_code, "headers": headers}
    await send(start)
    await send({"type": "http.response.body", "body": content, "more_body": True})
    if unread:
        await _discard(unread)
    await send({"type": "http.response.body", "body": b"", "more_body": False})


def _page(refusal: Problem, scope: Message) -> str:
    """In the language that `LanguageMiddleware` would choose, which is not reached."""
    language = settings.LANGUAGE_CODE
    if not scope["path"].startswith(IN_ONE_LANGUAGE):
        language = translation.get_language_from_request(ASGIRequest(scope, BytesIO()))
    with translation.override(language):
        return refused(refusal)


async def _discard(unread: Receive) -> None:
    try:
        async with asyncio.timeout(DISCARD_WITHIN):
            while True:
                message = await unread()
                if message["type"] == "http.disconnect" or not message.get("more_body", False):
                    return
    except TimeoutError:
        return
