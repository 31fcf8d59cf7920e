"""The crash point of the web server, installed only if CRASH_POINTS is set."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from bus.failpoints import Point, reach

Answer = Callable[[HttpRequest], HttpResponse]


def stop_before_the_answer(get_response: Answer) -> Answer:
    """Middleware: reach the point after a POST has committed and before its answer is sent."""

    def answer(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        if request.method == "POST":
            reach(Point.WEB_COMMITTED)
        return response

    return answer
