"""Crash points: the web's own, installed by settings only where they are on, and their refusal."""

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, register
from django.http import HttpRequest, HttpResponse

from bus.crashpoints import Point, reach

Answer = Callable[[HttpRequest], HttpResponse]

WHY = "a file in the folder it names kills or holds a process"
WAY_OUT = "Leave CRASH_POINTS empty; it is for tests alone."


def stop_before_the_answer(get_response: Answer) -> Answer:
    """What a request has committed is committed; whoever asked has not heard of it yet."""

    def answer(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        if request.method == "POST":
            reach(Point.WEB_COMMITTED)
        return response

    return answer


def is_exposed() -> bool:
    """Crash points are on in a shop that is no laptop's."""
    return bool(settings.CRASH_POINTS) and not settings.DEBUG


# Of a deployment alone: the campaign's shops set it without DEBUG, and must start.
@register("shop", deploy=True)
def refuse_crash_points(**_asked: Any) -> list[CheckMessage]:
    """Refuse them at `manage.py check --deploy`."""
    if not is_exposed():
        return []
    return [Error(f"CRASH_POINTS is set: {WHY}.", hint=WAY_OUT, id="shop.E001")]
