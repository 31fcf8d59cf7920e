"""Answers to requests that the guard refuses: problems for the API, pages for people."""

import asyncio
import json
from io import BytesIO

from django.conf import settings
from django.core.exceptions import BadRequest, SuspiciousOperation
from django.core.handlers.asgi import ASGIRequest
from django.http import QueryDict
from django.utils import translation
from django.utils.http import escape_leading_slashes

from config.turns import Message, Receive, Send
from shop.middleware import API, IN_ONE_LANGUAGE
from shop.origins import is_from_another_site
from shop.problems import MEDIA_TYPE, Problem, body
from shop.views import refused

FORM = "application/x-www-form-urlencoded"

MOST_FIELDS = 200
LARGEST_KEPT = 16 * 1024
"""Fields and bytes of a form that is kept on the page. The checkout's, with a hundred lines, has
fewer; drawing a thousand fields costs more than the refusal saves."""

DISCARD_WITHIN = 2
"""Seconds for which the rest of a refused body is read and dropped, so that a client that writes
before it reads gets the answer."""

PAGE = (
    (b"content-type", b"text/html; charset=utf-8"),
    (
        b"content-security-policy",
        b"default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; "
        b"base-uri 'none'; frame-ancestors 'none'",
    ),
    (b"cache-control", b"no-store"),
)
"""Headers of a page; no middleware adds any."""


def form_of(scope: Message, whole: bytes) -> QueryDict:
    """The form's fields as a view reads them; none if the body is another, or cannot be read."""
    request = ASGIRequest(scope, BytesIO(whole))
    if request.content_type != FORM:
        return QueryDict()
    try:
        return request.POST
    except (BadRequest, SuspiciousOperation):
        return QueryDict()


async def refuse(
    refusal: Problem,
    scope: Message,
    send: Send,
    whole: bytes = b"",
    *,
    unread: Receive | None = None,
) -> None:
    """Answer with a refusal; with an `unread` body, close the connection after it.

    A customer's form in the `whole` body is on the page, with a button that sends it again, unless
    another site has sent it or it is large.
    """
    if scope["path"].startswith(API):
        content = json.dumps(body(refusal)).encode()
        headers = [(b"content-type", MEDIA_TYPE.encode())]
    else:
        content, headers = _page(refusal, scope, whole).encode(), list(PAGE)
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


def _page(refusal: Problem, scope: Message, whole: bytes) -> str:
    """In the language that `LanguageMiddleware` would choose, which is not reached."""
    if scope["path"].startswith(IN_ONE_LANGUAGE):
        with translation.override(settings.LANGUAGE_CODE):
            return refused(refusal)
    request = ASGIRequest(scope, BytesIO())
    fields = _kept(request, scope, whole)
    again = escape_leading_slashes(request.get_full_path())
    with translation.override(translation.get_language_from_request(request)):
        return refused(refusal, again if fields else "", fields)


def _kept(request: ASGIRequest, scope: Message, whole: bytes) -> list[tuple[str, str]]:
    """The fields to be sent again; none of a large form.

    None of another site's either: sent by the shop's own page, it would pass for the customer's.
    """
    if len(whole) > LARGEST_KEPT or whole.count(b"&") >= MOST_FIELDS:
        return []
    if is_from_another_site(request):
        return []
    form = form_of(scope, whole)
    return [(name, value) for name, values in form.lists() for value in values]


async def _discard(unread: Receive) -> None:
    try:
        async with asyncio.timeout(DISCARD_WITHIN):
            while True:
                message = await unread()
                if message["type"] == "http.disconnect" or not message.get("more_body", False):
                    return
    except TimeoutError:
        return
