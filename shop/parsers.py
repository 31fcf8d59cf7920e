"""Parsing a request's body: JSON of limited size."""

from collections.abc import Mapping
from io import BytesIO
from typing import IO, Any

from django.http.request import UnreadablePostError
from rest_framework.exceptions import ParseError
from rest_framework.parsers import JSONParser

from shop.problems import BodyTooLarge

LARGEST_BODY = 64 * 1024
"""In bytes. A checkout of a hundred lines takes about six thousand."""


class SmallJSONParser(JSONParser):
    """JSON of at most `LARGEST_BODY`, whatever Content-Length says.

    Raises:
        BodyTooLarge: 413, without reading more than the limit.
        ParseError: 400, if it is not JSON or is nested too deeply.
    """

    def parse(
        self,
        stream: IO[Any],
        media_type: str | None = None,
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
            return super().parse(BytesIO(body), media_type, parser_context)
        except ParseError as error:
            raise ParseError("The body is not JSON.") from error
        except RecursionError as error:
            raise ParseError("The body is nested too deeply.") from error
