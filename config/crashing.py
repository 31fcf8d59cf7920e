"""Crash points: the web's own, installed by settings only where they are on."""

from collections.abc import Callable

from django.conf import settings
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
