"""The API's errors as problem details (RFC 9457), each kind with its own type."""

from collections.abc import Iterator
from http import HTTPStatus
from typing import Any, ClassVar, Self
from urllib.parse import quote

from rest_framework import exceptions, status

MEDIA_TYPE = "application/problem+json"
NO_FIELD = "non_field_errors"
MOST_ERRORS = 100
LONGEST_NAME = 100
"""Characters of a field's name that are repeated; a client may send names of any length."""


class Problem(exceptions.APIException):
    """A kind of problem. `slug` identifies it in the problem's `type`.

    /api/problems/ shows `title` and `meaning`. `replaces` are the framework's exceptions that are
    returned as this kind.
    """

    status_code: int = status.HTTP_400_BAD_REQUEST
    slug: ClassVar[str] = ""
    title: ClassVar[str] = ""
    meaning: ClassVar[str] = ""
    errors: list[dict[str, Any]] = []
    more: dict[str, str] = {}
    """Extension members of this kind (RFC 9457 3.2)."""
    wait: int | None = None
    """Whole seconds after which a repeat may succeed (`Retry-After`, RFC 9110 10.2.3)."""
    replaces: ClassVar[tuple[type[exceptions.APIException], ...]] = ()

    @classmethod
    def address(cls) -> str:
        return f"/api/problems/#{cls.slug}"


class InvalidFields(Problem):
    slug = "invalid-fields"
    title = "Some fields are not valid"
    meaning = (
        "Each entry of errors has a JSON pointer into the body and what is wrong there. "
        "Nothing was saved."
    )
    default_detail = "Nothing was saved. Correct the fields listed under errors and repeat."
    errors = [{"pointer": "#/email", "detail": "This field is required."}]
    replaces = (exceptions.ValidationError,)


class UnreadableBody(Problem):
    slug = "unreadable-body"
    title = "The body cannot be read"
    meaning = (
        "It must be JSON in UTF-8 of the length in Content-Length, with each name once in an "
        "object. Nothing was saved."
    )
    default_detail = "The body is not JSON."
    replaces = (exceptions.ParseError,)


class InvalidParameter(Problem):
    slug = "invalid-parameter"
    title = "A parameter of the address is not valid"
    meaning = "Each entry of errors has a parameter and what is wrong with it."
    default_detail = "Correct the parameters listed under errors and repeat."
    errors = [{"parameter": "page_size", "detail": "Must be a whole number from 1 to 100."}]


class UnreadableRequest(Problem):
    slug = "unreadable-request"
    title = "The request cannot be read"
    meaning = "Its address or a header has characters that are not allowed there."
    default_detail = "The request cannot be read."


class Forbidden(Problem):
    status_code = status.HTTP_403_FORBIDDEN
    slug = "forbidden"
    title = "Not allowed"
    meaning = "The sender of the request does not have the permission it needs."
    default_detail = "You do not have permission to perform this action."
    replaces = (exceptions.PermissionDenied, exceptions.NotAuthenticated)


class NotFound(Problem):
    status_code = status.HTTP_404_NOT_FOUND
    slug = "not-found"
    title = "There is nothing here"
    meaning = "No such order, document or address, or not yet: a document must be drawn first."
    default_detail = "There is nothing at this address."
    replaces = (exceptions.NotFound,)


class MethodNotAllowed(Problem):
    status_code = status.HTTP_405_METHOD_NOT_ALLOWED
    slug = "method-not-allowed"
    title = "The address does not allow this method"
    meaning = "The header Allow lists the methods it allows."
    default_detail = 'Method "PUT" not allowed.'
    replaces = (exceptions.MethodNotAllowed,)


class NotAcceptable(Problem):
    status_code = status.HTTP_406_NOT_ACCEPTABLE
    slug = "not-acceptable"
    title = "No response in the requested type"
    meaning = "Responses are JSON; the header Accept must allow it."
    default_detail = "Could not satisfy the request Accept header."
    replaces = (exceptions.NotAcceptable,)


class UnsupportedMediaType(Problem):
    status_code = status.HTTP_415_UNSUPPORTED_MEDIA_TYPE
    slug = "unsupported-media-type"
    title = "The type of the body is not supported"
    meaning = "Send JSON, with the header Content-Type: application/json. Nothing was saved."
    default_detail = 'Unsupported media type "text/plain" in request.'
    replaces = (exceptions.UnsupportedMediaType,)


class BodyTooLarge(Problem):
    status_code = status.HTTP_413_REQUEST_ENTITY_TOO_LARGE
    slug = "body-too-large"
    title = "The request is too large"
    meaning = "A body may have at most 64 KiB. Nothing was saved."
    default_detail = "The body must not be over 64 KiB."

    @classmethod
    def over(cls, largest: int) -> Self:
        return cls(f"The body must not be over {largest // 1024} KiB.")


class BodyTooSlow(Problem):
    status_code = status.HTTP_408_REQUEST_TIMEOUT
    slug = "body-too-slow"
    title = "The request did not arrive in time"
    meaning = "Its body was not complete in time. Nothing was done."
    default_detail = "The body was not complete in time. Nothing was done; please repeat."


class TooManyRequests(Problem):
    """More than a budget allows; see `shop.budgets`."""

    status_code = status.HTTP_429_TOO_MANY_REQUESTS
    slug = "too-many-requests"
    title = "Too many requests"
    meaning = (
        "From this address, for this recipient, or in total. Nothing was done. Repeat after the "
        "seconds in Retry-After."
    )
    default_detail = "There were too many from this address. Repeat in 30 s."

    def __init__(self, detail: str | None = None, wait: int = 1) -> None:
        super().__init__(detail)
        self.wait = wait


class Crowded(Problem):
    status_code = status.HTTP_503_SERVICE_UNAVAILABLE
    slug = "crowded"
    title = "Too many requests at once"
    meaning = "Others are served first. Nothing was done. Repeat after the seconds in Retry-After."
    default_detail = "Others are served first. Nothing was done; please repeat."
    wait = 1


class Busy(Problem):
    status_code = status.HTTP_503_SERVICE_UNAVAILABLE
    slug = "busy"
    title = "The shop is busy"
    meaning = "Nothing was saved. Repeat after the seconds in Retry-After."
    default_detail = "The database did not answer in time. Nothing was saved; please repeat."
    wait = 2


class OutcomeUnknown(Problem):
    status_code = status.HTTP_503_SERVICE_UNAVAILABLE
    slug = "outcome-unknown"
    title = "It may have been saved"
    meaning = (
        "The response of the database was lost. If Retry-After is set, repeat after so many "
        "seconds, with the same Idempotency-Key if the request had one: what is done already is "
        "not done again. Without Retry-After a repeat could place a second order: get the address "
        "in order first; if it is still 404 after a minute, nothing was saved."
    )
    default_detail = "It may have been saved: the response of the database was lost."


def kinds() -> list[type[Problem]]:
    """All kinds of the loaded apps, by status and slug."""
    return sorted(_below(Problem), key=lambda kind: (kind.status_code, kind.slug))


def body(error: exceptions.APIException) -> dict[str, Any]:
    """The problem as a JSON object.

    Field errors are listed under `errors`, each with a JSON pointer (RFC 6901) into the body.
    """
    kind = error if isinstance(error, Problem) else _kind(type(error))
    problem = {
        "type": kind.address() if kind else "about:blank",
        "title": kind.title if kind else HTTPStatus(error.status_code).phrase,
        "status": error.status_code,
    }
    if isinstance(error, exceptions.ValidationError):
        errors = list(_fields(error.detail, "#"))[:MOST_ERRORS]
        return problem | {"detail": InvalidFields.default_detail, "errors": errors}
    problem["detail"] = str(error.detail)
    if isinstance(error, Problem):
        problem |= error.more
        if error.errors:
            problem["errors"] = error.errors
    return problem


def _below(kind: type[Problem]) -> Iterator[type[Problem]]:
    for one in kind.__subclasses__():
        if "slug" in vars(one):
            yield one
        yield from _below(one)


def _kind(error: type[exceptions.APIException]) -> type[Problem] | None:
    return next((kind for kind in kinds() if error in kind.replaces), None)


def _fields(detail: Any, pointer: str) -> Iterator[dict[str, str]]:
    """Flatten the framework's nested errors into pointers: #/lines/0/quantity."""
    if isinstance(detail, dict):
        for name, inner in detail.items():
            at = pointer if name == NO_FIELD else f"{pointer}/{_step(str(name))}"
            yield from _fields(inner, at)
    elif isinstance(detail, list):
        for index, inner in enumerate(detail):
            nested = isinstance(inner, dict | list)
            yield from _fields(inner, f"{pointer}/{index}" if nested else pointer)
    else:
        yield {"pointer": pointer, "detail": str(detail)}


def _step(name: str) -> str:
    """A field's name as a step of a pointer in a URI fragment (RFC 6901, 3 and 6)."""
    escaped = name[:LONGEST_NAME].replace("~", "~0").replace("/", "~1")
    return quote(escaped, safe="~!$&'()*+,;=:@", errors="replace")
