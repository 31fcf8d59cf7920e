"""Pages about the shop and its API, the error pages, and pictures."""

from http import HTTPStatus
from uuid import uuid4

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.templatetags.static import static
from django.utils.html import escape
from django.utils.translation import get_language, gettext_noop, ngettext
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe
from django.views.generic import RedirectView

from shop.problems import (
    MEDIA_TYPE,
    BodyTooLarge,
    BodyTooSlow,
    Crowded,
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
    TooManyRequests: (
        gettext_noop("Too Many Requests"),
        gettext_noop("Nothing was done. Reload this page then: what you entered is sent again."),
    ),
}
"""Title and text for what is refused before it reaches the application, to be translated."""

BROKEN = """<!doctype html><html lang="{language}">
<meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title><link rel="stylesheet" href="{sheet}">
<main><h1>{title}</h1><p class="lead">{detail}</p></main>"""


@require_safe
def about(request: HttpRequest) -> HttpResponse:
    """For developers: how the shop works, where everything is, how to order over REST."""
    context = {
        "site_url": settings.SITE_URL,
        "flower_url": f"http://{request.get_host().rsplit(':', 1)[0]}:{settings.FLOWER_PORT}/",
        "key": uuid4(),
        "example": example(),
    }
    return render(request, "shop/about.html", context)


@require_safe
def problems(request: HttpRequest) -> HttpResponse:
    """The API's problem types and their meaning; the types are links to this page."""
    return render(
        request, "shop/problems.html", {"shop_name": settings.SHOP_NAME, "kinds": kinds()}
    )


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


def refused(refusal: Problem) -> str:
    """The page for what is refused before it reaches the application."""
    title, text = next(texts for kind, texts in REFUSED.items() if isinstance(refusal, kind))
    spent = isinstance(refusal, TooManyRequests)
    detail = f"{_try_again(refusal.wait or 1)} {_(text)}" if spent else _(text)
    return _without_template(_(title), detail)


def _try_again(wait: int) -> str:
    """`wait` is in seconds."""
    if wait < 100:
        says = ngettext("Try again in %(count)d second.", "Try again in %(count)d seconds.", wait)
        return says % {"count": wait}
    minutes = -(-wait // 60)
    says = ngettext("Try again in %(count)d minute.", "Try again in %(count)d minutes.", minutes)
    return says % {"count": minutes}


def _without_template(title: str, detail: str) -> str:
    """For when templates and database may not work, or the page must be cheap."""
    return BROKEN.format(
        language=get_language() or settings.LANGUAGE_CODE,
        sheet=static("shop/shop.css"),
        title=escape(title),
        detail=detail,
    )


def _refusal(
    request: HttpRequest, status: int, detail: str, kind: type[Problem] | None = None
) -> HttpResponse:
    title = HTTPStatus(status).phrase
    if request.path.startswith("/api/"):
        plain = {"type": "about:blank", "title": title, "status": status, "detail": detail}
        problem = body(kind(detail)) if kind else plain
        return JsonResponse(problem, status=status, content_type=MEDIA_TYPE)
    title = _(title)
    context = {"shop_name": settings.SHOP_NAME, "title": title, "detail": detail}
    if status < HTTPStatus.INTERNAL_SERVER_ERROR:
        return render(request, "shop/refusal.html", context, status=status)
    return HttpResponse(_without_template(title, detail), status=status)
