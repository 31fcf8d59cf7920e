"""Pages about the shop and its API, the error pages, and pictures."""

from collections.abc import Iterable
from http import HTTPStatus
from uuid import uuid4

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.templatetags.static import static
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop, ngettext
from django.views.decorators.http import require_safe
from django.views.generic import RedirectView

from shop.bare_page import bare_page
from shop.problems import (
    MEDIA_TYPE,
    BodyTooLarge,
    BodyTooSlow,
    Crowded,
    Forbidden,
    NotFound,
    Problem,
    TooManyRequests,
    UnreadableRequest,
    body,
    kinds,
)
from shop.selectors import example

TITLES = (
    gettext_noop("Bad Request"),
    gettext_noop("Forbidden"),
    gettext_noop("Not Found"),
    gettext_noop("Too Many Requests"),
    gettext_noop("Internal Server Error"),
)
"""The phrases of RFC 9110 for the refusals below, to be translated."""

REFUSED: dict[type[Problem], tuple[str, str]] = {
    BodyTooLarge: (
        gettext_noop("That was too much at once"),
        gettext_noop("What you sent is too large, and nothing was done. Go back and shorten it."),
    ),
    BodyTooSlow: (
        gettext_noop("The connection was too slow"),
        gettext_noop(
            "What you sent did not arrive in time, and nothing was done. Reload this page to send "
            "it again."
        ),
    ),
    Crowded: (
        gettext_noop("The shop is busy"),
        gettext_noop(
            "Nothing was done. Reload this page in a moment: what you entered is sent again."
        ),
    ),
    Forbidden: (
        gettext_noop("Forbidden"),
        gettext_noop(
            "The form came from the page of another site, and nothing was done. Open the page in "
            "this shop and send the form there."
        ),
    ),
    TooManyRequests: (
        gettext_noop("Please try again later"),
        gettext_noop("Nothing was done. Reload this page then: what you entered is sent again."),
    ),
}
"""Title and text for what is refused before it reaches the application, to be translated."""

KEPT = gettext_noop("Nothing was done, and what you entered is kept: this button sends it again.")
"""The text if the page has the form that was refused."""


@require_safe
def about(request: HttpRequest) -> HttpResponse:
    """For developers: how the shop works, where everything is, how to order over REST."""
    context = {
        "site_url": settings.SITE_URL,
        "flower_url": _flower_url(request) if settings.WITH_FLOWER else "",
        "key": uuid4(),
        "example": example(),
    }
    return render(request, "shop/about.html", context)


def _flower_url(request: HttpRequest) -> str:
    return f"http://{request.get_host().rsplit(':', 1)[0]}:{settings.FLOWER_PORT}/"


@require_safe
def problems(request: HttpRequest) -> HttpResponse:
    """The API's problem types and their meaning; the types are links to this page."""
    return render(request, "shop/problems.html", {"kinds": kinds()})


class Favicon(RedirectView):
    """Browsers request this address by themselves."""

    def get_redirect_url(self, *args: object, **kwargs: object) -> str:  # noqa: ARG002 -- Django's
        return static("shop/favicon.svg")


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:  # noqa: ARG001 -- Django's
    return _refusal(request, 404, _("There is nothing at this address."), NotFound)


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:  # noqa: ARG001 -- Django's
    return _refusal(request, 400, _("The request cannot be read."), UnreadableRequest)


def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:  # noqa: ARG001 -- Django's
    detail = _("Your account has no permission for this. Ask the shop's administrator.")
    return _refusal(request, 403, detail)


def untrusted_form(request: HttpRequest, reason: str = "") -> HttpResponse:  # noqa: ARG001 -- Django's
    """403 for a form without the cookie that protects it: cookies are off, or were deleted."""
    detail = _(
        "The form came without the cookie that protects it, and nothing was done. Allow cookies "
        "for this shop, open the page again and send the form once more."
    )
    return _refusal(request, 403, detail)


def too_many_requests(request: HttpRequest, wait: int) -> HttpResponse:
    """429: a budget is spent; `wait` is in seconds."""
    answer = _refusal(request, 429, f"{_('Too many tries.')} {_try_again(wait)}")
    answer["Retry-After"] = str(wait)
    return answer


def broken(request: HttpRequest) -> HttpResponse:
    """500: the unexpected error is in the log; its text is not shown."""
    return _refusal(request, 500, _("Something went wrong. The error has been logged."))


def refused(refusal: Problem, again: str = "", fields: Iterable[tuple[str, str]] = ()) -> str:
    """The page for what is refused before it reaches the application.

    With `again`, an address, a button sends these fields of a form there once more.
    """
    title, text = next(texts for kind, texts in REFUSED.items() if isinstance(refusal, kind))
    detail = _(KEPT if again else text)
    if isinstance(refusal, TooManyRequests):
        detail = f"{_try_again(refusal.wait or 1)} {detail}"
    return bare_page(_(title), detail, again, fields)


def _try_again(wait: int) -> str:
    """`wait` is in seconds."""
    if wait < 100:
        says = ngettext("Try again in %(count)d second.", "Try again in %(count)d seconds.", wait)
        return says % {"count": wait}
    minutes = -(-wait // 60)
    says = ngettext("Try again in %(count)d minute.", "Try again in %(count)d minutes.", minutes)
    return says % {"count": minutes}


def _refusal(
    request: HttpRequest, status: int, detail: str, kind: type[Problem] | None = None
) -> HttpResponse:
    title = HTTPStatus(status).phrase
    if request.path.startswith("/api/"):
        plain = {"type": "about:blank", "title": title, "status": status, "detail": detail}
        problem = body(kind(detail)) if kind else plain
        return JsonResponse(problem, status=status, content_type=MEDIA_TYPE)
    title = _(title)
    context = {"title": title, "detail": detail}
    if status < HTTPStatus.INTERNAL_SERVER_ERROR:
        return render(request, "shop/refusal.html", context, status=status)
    return HttpResponse(bare_page(title, detail), status=status)
