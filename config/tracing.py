"""Trace context: events belong to the trace of the request that publishes them."""

import re
import secrets
from collections.abc import Callable
from typing import Any

from django.http import HttpRequest

from bus import spans
from bus.context import traced
from bus.spans import Kind, Span

TRACEPARENT = re.compile(r"[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}")
"""W3C Trace Context 1, section 3.2; other values are ignored."""


def trace_requests(get_response: Callable[[HttpRequest], Any]) -> Callable[[HttpRequest], Any]:
    """Middleware: give the request's `traceparent`, or a new one, to the events it publishes.

    Synchronous, and the innermost one: Django then runs the others, which can be either, in the
    thread of this one. Elsewhere each of them would change threads twice.
    """

    def answer(request: HttpRequest) -> Any:
        with (
            spans.span(request.method or "", Kind.SERVER, _traceparent(request)) as span,
            traced(span.traceparent or new_traceparent()),
        ):
            response = get_response(request)
            if spans.are_recorded():
                _describe(span, request, response.status_code)
            return response

    return answer


def _traceparent(request: HttpRequest) -> str:
    asked = request.headers.get("traceparent", "")
    return asked if TRACEPARENT.fullmatch(asked) else ""


def _describe(span: Span, request: HttpRequest, status: int) -> None:
    """By the route's pattern: the path may hold a token."""
    route = f"/{request.resolver_match.route}" if request.resolver_match else ""
    span.rename(f"{request.method} {route}".strip())
    span.set(
        {
            "http.request.method": request.method,
            "http.route": route,
            "http.response.status_code": status,
        }
    )
    if status >= 500:
        span.fail(str(status))


def new_traceparent() -> str:
    """A trace of this request alone, marked as not recorded."""
    return f"00-{secrets.token_hex(16)}-{secrets.token_hex(8)}-00"
