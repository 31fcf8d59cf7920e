"""Trace context: events belong to the trace of the request that publishes them."""

import re
from collections.abc import Callable
from typing import Any

from django.http import HttpRequest

from bus.context import traced

TRACEPARENT = re.compile(r"[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}")
"""W3C Trace Context 1, section 3.2; other values are ignored."""


def trace_requests(get_response: Callable[[HttpRequest], Any]) -> Callable[[HttpRequest], Any]:
    """Middleware: give the request's `traceparent` to the events that it publishes.

    Synchronous, and the innermost one: Django then runs the others, which can be either, in the
    thread of this one. Elsewhere each of them would change threads twice.
    """

    def answer(request: HttpRequest) -> Any:
        with traced(_traceparent(request)):
            return get_response(request)

    return answer


def _traceparent(request: HttpRequest) -> str:
    asked = request.headers.get("traceparent", "")
    return asked if TRACEPARENT.fullmatch(asked) else ""
