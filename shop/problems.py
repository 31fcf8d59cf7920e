"""Every refusal of the API as problem details (RFC 9457)."""

from collections.abc import Iterator
from http import HTTPStatus
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import OperationalError
from django.http import Http404
from rest_framework import exceptions, status
from rest_framework.response import Response
from rest_framework.views import set_rollback

MEDIA_TYPE = "application/problem+json"
NO_FIELD = "non_field_errors"


class Problem(exceptions.APIException):
    """A refusal with a name of its own. `slug` names it in the problem's `type`, for programs."""

    status_code: int = status.HTTP_400_BAD_REQUEST
    slug = ""
    title = ""
    errors: list[dict[str, str]] = []
    wait: int | None = None
    """Whole seconds after which a repeat may succeed (`Retry-After`, RFC 9110 10.2.3)."""


class BodyTooLarge(Problem):
    status_code = status.HTTP_413_REQUEST_ENTITY_TOO_LARGE
    slug = "body-too-large"
    title = "The request is too large"
    default_detail = "The body must not be over 64 KiB."


class Busy(Problem):
    status_code = status.HTTP_503_SERVICE_UNAVAILABLE
    slug = "busy"
    title = "The shop is busy"
    default_detail = "The database did not answer in time. Nothing was saved; please repeat."
    wait = 2


def problem_response(error: Exception, context: dict[str, Any]) -> Response | None:  # noqa: ARG001 -- DRF passes it
    """Answer an error that a view raised; what nobody foresaw stays an error, and is logged.

    Field errors are listed under `errors`, each with a JSON pointer (RFC 6901) into the body.
    """
    api_error = _as_api_error(error)
    if api_error is None:
        return None
    set_rollback()
    headers = {}
    if getattr(api_error, "auth_header", None):
        headers["WWW-Authenticate"] = api_error.auth_header
    if getattr(api_error, "wait", None):
        headers["Retry-After"] = str(int(api_error.wait))
    return Response(
        body(api_error),
        status=api_error.status_code,
        headers=headers,
        content_type=MEDIA_TYPE,
    )


def body(error: exceptions.APIException) -> dict[str, Any]:
    """The problem as a JSON object."""
    problem = {
        "type": "about:blank",
        "title": HTTPStatus(error.status_code).phrase,
        "status": error.status_code,
    }
    if isinstance(error, exceptions.ValidationError):
        fields = list(_fields(error.detail, "#"))
        return problem | {
            "type": "/api/problems/#invalid-fields",
            "title": "Some fields are not valid",
            "detail": "Nothing was saved. Correct the fields listed under errors and repeat.",
            "errors": fields,
        }
    if isinstance(error, Problem):
        problem |= {"type": f"/api/problems/#{error.slug}", "title": error.title}
    problem["detail"] = str(error.detail)
    if isinstance(error, Problem) and error.errors:
        problem["errors"] = error.errors
    return problem


def _as_api_error(error: Exception) -> Any:
    if isinstance(error, Http404):
        return exceptions.NotFound("There is nothing at this address.")
    if isinstance(error, PermissionDenied):
        return exceptions.PermissionDenied()
    if isinstance(error, OperationalError):
        return Busy()
    return error if isinstance(error, exceptions.APIException) else None


def _fields(detail: Any, pointer: str) -> Iterator[dict[str, str]]:
    """Flatten the framework's nested errors into pointers: #/lines/0/quantity."""
    if isinstance(detail, dict):
        for name, inner in detail.items():
            yield from _fields(inner, pointer if name == NO_FIELD else f"{pointer}/{name}")
    elif isinstance(detail, list):
        for index, inner in enumerate(detail):
            nested = isinstance(inner, dict | list)
            yield from _fields(inner, f"{pointer}/{index}" if nested else pointer)
    else:
        yield {"pointer": pointer, "detail": str(detail)}
