"""The API's response to an error that a view raised."""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404
from rest_framework import exceptions
from rest_framework.renderers import JSONRenderer
from rest_framework.response import Response
from rest_framework.views import set_rollback

from shop.commits import DATABASE_AWAY, CommitUnanswered
from shop.problems import MEDIA_TYPE, Busy, Forbidden, NotFound, OutcomeUnknown, body


def problem_response(error: Exception, context: dict[str, Any]) -> Response | None:
    """The problem response for an expected error; None for others, which are logged as errors."""
    api_error = _as_api_error(error)
    if api_error is None:
        return None
    set_rollback()
    # Always JSON, also for views with another format, such as the schema's YAML.
    request = context["request"]
    request.accepted_renderer, request.accepted_media_type = JSONRenderer(), MEDIA_TYPE
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


def _as_api_error(error: Exception) -> Any:
    if isinstance(error, Http404):
        return NotFound()
    if isinstance(error, PermissionDenied):
        return Forbidden()
    if isinstance(error, CommitUnanswered):
        return OutcomeUnknown()
    if isinstance(error, DATABASE_AWAY):
        return Busy()
    return error if isinstance(error, exceptions.APIException) else None
