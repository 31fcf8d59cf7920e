"""A body that can be read in more than one way is refused."""

from io import BytesIO

import pytest
from rest_framework.exceptions import ParseError

from shop.parsers import LARGEST_BODY, SmallJSONParser
from shop.problems import BodyTooLarge


def parsed(body: bytes) -> object:
    return SmallJSONParser().parse(BytesIO(body))


@pytest.mark.parametrize(
    ("body", "name"),
    [
        (b'{"email": "a@example.com", "email": "b@example.com"}', "email"),
        (b'{"email": "a@example.com", "email": "a@example.com"}', "email"),
        (b'{"lines": [{"sku": "MUG", "quantity": 1, "quantity": 9}]}', "quantity"),
        (b'{"sku": 1, "s\\u006bu": 2}', "sku"),
    ],
)
def test_parser_refuses_object_with_same_name_twice(body: bytes, name: str) -> None:
    with pytest.raises(ParseError, match=f"The name '{name}' is in one object"):
        parsed(body)


def test_parser_reads_same_name_in_two_objects() -> None:
    assert parsed(b'{"a": {"sku": 1}, "b": [{"sku": 2}]}') == {"a": {"sku": 1}, "b": [{"sku": 2}]}


@pytest.mark.parametrize("body", [b"", b"{", b"NaN", b"\xff", '{"a": "ü"}'.encode("utf-16")])
def test_parser_refuses_what_is_no_json_in_utf8(body: bytes) -> None:
    with pytest.raises(ParseError, match="not JSON"):
        parsed(body)


def test_parser_refuses_deep_nesting() -> None:
    with pytest.raises(ParseError, match=r"nested too deeply|not JSON"):
        parsed(b"[" * (LARGEST_BODY - 1))


def test_parser_refuses_large_body() -> None:
    with pytest.raises(BodyTooLarge):
        parsed(b" " * (LARGEST_BODY + 1))
