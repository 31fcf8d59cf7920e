"""Crash points: the web's own, installed by settings only where they are on."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from bus.crashpoints import Point, reach

Answer = Callable[[HttpRequest], HttpResponse]


def stop_before_the_answer(get_response: Answer) -> Answer:
    """What a request has committed is committed; whoever asked has not heard of it yet."""

    def answer(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        if request.method == "POST":
            reach(Point.WEB_COMMITTED)
        return response

    return answer
