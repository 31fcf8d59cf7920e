"""Middleware: languages, addresses without a slash or a page, and NUL characters."""

from http import HTTPStatus
from typing import Any
from urllib.parse import unquote_plus

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, HttpResponsePermanentRedirect
from django.middleware.common import CommonMiddleware
from django.middleware.locale import LocaleMiddleware
from django.utils import translation
from django.utils.cache import patch_vary_headers
from django.utils.deprecation import MiddlewareMixin

from shop.views import bad_request, not_found

API = "/api/"
NUL = "\0"
IN_ONE_LANGUAGE = (API, "/admin/", "/analytics/", "/healthz", "/readyz")
"""What developers, staff and programs read: in the shop's own language, whatever they prefer."""


class LanguageMiddleware(LocaleMiddleware):
    """The language of a customer's page: that of their cookie, else the first they accept.

    `request.languages`, for the switch of the pages, has the languages to choose from.
    """

    def process_request(self, request: Any) -> None:
        request.languages = []
        if request.path_info.startswith(IN_ONE_LANGUAGE):
            # A thread keeps the language of its last request.
            translation.activate(settings.LANGUAGE_CODE)
            request.LANGUAGE_CODE = settings.LANGUAGE_CODE
            return
        request.languages = settings.LANGUAGES
        super().process_request(request)

    def process_response(self, request: Any, response: Any) -> Any:
        if request.path_info.startswith(IN_ONE_LANGUAGE):
            response.headers.setdefault("Content-Language", settings.LANGUAGE_CODE)
            return response
        if response.headers.get("Content-Type", "").startswith("image/"):
            return response  # of no language: caches need not keep one for each
        patch_vary_headers(response, ["Cookie"])
        return super().process_response(request, response)


class SlashMiddleware(CommonMiddleware):
    """Django's, but requests with a body are not redirected, since that would lose the body.

    An API address works without its trailing slash for every method; a page's address is redirected
    for GET and HEAD only.
    """

    def process_request(self, request: HttpRequest) -> HttpResponsePermanentRedirect | None:
        if request.path_info.startswith(API) and super().should_redirect_with_slash(request):
            request.path_info += "/"
            request.path += "/"
        return super().process_request(request)

    def process_response(self, request: HttpRequest, response: Any) -> Any:
        """The shop's own 404 for an unknown address; with DEBUG Django would list its addresses."""
        response = super().process_response(request, response)
        nothing = response.status_code == HTTPStatus.NOT_FOUND and request.resolver_match is None
        return not_found(request) if settings.DEBUG and nothing else response

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """The shop's own 404 also where a view found nothing, with DEBUG as without it."""
        return not_found(request, exception) if isinstance(exception, Http404) else None

    def should_redirect_with_slash(self, request: HttpRequest) -> bool:
        return request.method in ("GET", "HEAD") and super().should_redirect_with_slash(request)


class NulMiddleware(MiddlewareMixin):
    """400 for a NUL in the path, the query or a form: no database text can hold one.

    PostgreSQL's driver refuses it with an error that would become a 500 wherever a value reaches
    a query without passing a form field first, as filters and searches of the admin do.
    """

    def process_request(self, request: HttpRequest) -> HttpResponse | None:
        query = unquote_plus(request.META.get("QUERY_STRING", ""))
        return bad_request(request) if NUL in request.path or NUL in query else None

    def process_view(self, request: HttpRequest, *_: Any) -> HttpResponse | None:
        """Check the form after the CSRF check, which has parsed it already."""
        if request.content_type not in ("application/x-www-form-urlencoded", "multipart/form-data"):
            return None
        if request.path.startswith(API):  # its parsers accept no forms
            return None
        for name, values in request.POST.lists():
            if NUL in name or any(NUL in value for value in values):
                return bad_request(request)
        return None
