"""Parsing a request's body: JSON of limited size."""

from collections import Counter
from collections.abc import Mapping
from typing import IO, Any

from django.http.request import UnreadablePostError
from rest_framework.exceptions import ParseError
from rest_framework.parsers import JSONParser
from rest_framework.utils import json

from shop.problems import LONGEST_NAME, BodyTooLarge

LARGEST_BODY = 64 * 1024
"""In bytes. A checkout of a hundred lines takes about six thousand."""
LARGEST_PICTURE = 5 * 1024 * 1024
"""In bytes, of an uploaded file."""
LARGEST_UPLOAD = LARGEST_PICTURE + 1024 * 1024
"""In bytes, of the form of a product with its picture."""


class SmallJSONParser(JSONParser):
    """JSON in UTF-8 (RFC 8259 8.1) of at most `LARGEST_BODY`, whatever Content-Length says.

    Raises:
        BodyTooLarge: 413, without reading more than the limit.
        ParseError: 400, if it is not JSON, is nested too deeply, or an object has a name twice.
    """

    def parse(
        self,
        stream: IO[Any],
        media_type: str | None = None,  # noqa: ARG002 -- the framework passes it
        parser_context: Mapping[str, Any] | None = None,
    ) -> Any:
        request = (parser_context or {}).get("request")
        if request and int(request.META.get("CONTENT_LENGTH") or 0) > LARGEST_BODY:
            raise BodyTooLarge
        try:
            body = stream.read(LARGEST_BODY + 1)
        except UnreadablePostError as error:
            raise ParseError("The request ended before its body did.") from error
        if len(body) > LARGEST_BODY:
            raise BodyTooLarge
        try:
            return json.loads(body.decode(), object_pairs_hook=_object)
        except ValueError as error:
            raise ParseError("The body is not JSON.") from error
        except RecursionError as error:
            raise ParseError("The body is nested too deeply.") from error


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """A JSON object. Of a name that is there twice, parsers keep different values (RFC 8259 4)."""
    found = dict(pairs)
    if len(found) < len(pairs):
        (twice, _), *_ = Counter(name for name, _ in pairs).most_common(1)
        raise ParseError(
            f"The name {twice[:LONGEST_NAME]!r} is in one object of the body twice; send it once."
        )
    return found
