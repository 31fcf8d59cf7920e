"""Which trace a request belongs to, so that the events it leads to belong to it as well."""

import re
from collections.abc import Callable
from typing import Any

from django.http import HttpRequest

from bus.context import traced

TRACEPARENT = re.compile(r"[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}")
"""W3C Trace Context 1, section 3.2; what does not look like it is passed over."""


def trace_requests(get_response: Callable[[HttpRequest], Any]) -> Callable[[HttpRequest], Any]:
    """Hand the request's `traceparent` to the events that are published while it is answered.

    For synchronous requests alone, and the innermost of all: Django then runs the others, which
    can do both, in the thread of this one. Otherwise each of them hops there and back twice.
    """

    def answer(request: HttpRequest) -> Any:
        with traced(_traceparent(request)):
            return get_response(request)

    return answer


def _traceparent(request: HttpRequest) -> str:
    asked = request.headers.get("traceparent", "")
    return asked if TRACEPARENT.fullmatch(asked) else ""
