"""Every address of the shop, asked in every way: an answer may be a refusal, never a broken one."""

import re
import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from orders.models import Order
from shop.models import Product

pytestmark = pytest.mark.django_db

METHODS = ("GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE", "TRACE", "BREW")
AS_GET = ("OPTIONS", "PUT", "PATCH", "DELETE", "TRACE")
"""What the admin's pages, which are most, answer as they do a GET."""

PARTS = ("1", "9" * 30, "a%00", "%ff", "_5F", "..%2f")
"""What stands where an address takes a part: a row, none, a NUL, no UTF-8, the admin's quoting."""

QUERIES = (
    "?q=%00&state__exact=%00&page=%00&o=%00",
    "?q=%ed%a0%80&p=-1&o=..-9.x&id__exact=" + "9" * 30,
    "?_to_field=zz&_popup=1&e=1&all=&page=0&page_size=-1&cursor=x&format=%ff",
    "?" + "&".join(f"a{number}=1" for number in range(300)),
    "?next=//example.com&stream__exact=x&id__in=x,1&placed_at__year=9999999&placed_at__gte=x",
)
BODIES = {
    "application/json": [b"", b"{", b"[]", b'"\\ud800"', b'{"\\u0000": "\\u0000"}', b"\xff\xfe"],
    "application/x-www-form-urlencoded": [b"", b"a=%00&action=%00", b"_selected_action=x&action=x"],
    "multipart/form-data; boundary=x": [b"--x--", b"--x\r\nContent-Disposition: form-data\r\n\r\n"],
    "text/plain; charset=utf-16": [b"x"],
}
ENDLESS = ("stream",)
"""Answers that go on for as long as a client reads."""


@pytest.fixture
def rows(db: None) -> None:
    Product.objects.create(sku="CUP", name="A cup", unit_price="9.90")
    Order.objects.create(email="ada@example.com", name="Ada", line1="Weg 1", country="DE", pk=1)


@pytest.fixture(params=["a stranger", "staff"])
def visitor(request: Any, rows: None, admin_client: Client) -> Client:
    client = Client() if request.param == "a stranger" else admin_client
    client.raise_request_exception = False
    return client


def patterns(resolver: Any = None, before: str = "") -> Iterator[str]:
    for pattern in (resolver or get_resolver()).url_patterns:
        whole = before + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from patterns(pattern, whole)
        elif isinstance(pattern, URLPattern):
            yield whole


def addresses(part: str) -> list[str]:
    """Every address, with this where it takes a part."""
    found = set()
    for pattern in patterns():
        plain = re.sub(r"[\^$]|\\Z", "", pattern)
        plain = re.sub(r"<uuid:[^>]+>", str(uuid.UUID(int=1)), plain)
        plain = re.sub(r"<[^>]*>|\(\?P[^)]*\)|\(\?:[^)]*\)", part, plain)
        if not any(word in plain for word in ENDLESS):
            found.add("/" + plain)
    assert len(found) > 100
    return sorted(found)


def broken(answers: list[tuple[str, Any]]) -> list[str]:
    return [
        f"{what}: {answer.status_code}" for what, answer in answers if answer.status_code >= 500
    ]


@pytest.mark.parametrize("part", PARTS)
def test_no_address_breaks_with_any_part(visitor: Client, part: str) -> None:
    answers = [(address, visitor.get(address)) for address in addresses(part)]

    assert broken(answers) == []


# What follows from the method or the last slash does so before the database is asked.
@pytest.mark.sqlite
@pytest.mark.parametrize("method", METHODS)
def test_no_address_breaks_with_any_method(visitor: Client, method: str) -> None:
    answers = [
        (address, visitor.generic(method, address))
        for address in addresses("1")
        if "logout" not in address and not (method in AS_GET and address.startswith("/admin/"))
    ]

    assert broken(answers) == []


@pytest.mark.sqlite
@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("debug", [False, True])
def test_no_address_breaks_without_its_last_slash(
    visitor: Client, method: str, debug: bool, settings: Any
) -> None:
    settings.DEBUG = debug

    answers = [
        (address, visitor.generic(method, address.rstrip("/") or "/"))
        for address in addresses("1")
        if "logout" not in address
    ]

    assert broken(answers) == []


@pytest.mark.parametrize("query", QUERIES, ids=range(len(QUERIES)))
def test_no_address_breaks_with_any_query(visitor: Client, query: str) -> None:
    answers = [(address, visitor.get(address + query)) for address in addresses("1")]

    assert broken(answers) == []


@pytest.mark.parametrize("media_type", BODIES)
def test_no_address_breaks_with_any_body(visitor: Client, media_type: str) -> None:
    answers = [
        (f"{address} {body!r}", visitor.post(address, body, content_type=media_type))
        for address in addresses("1")
        for body in BODIES[media_type]
        if "logout" not in address and address.startswith("/api/") == media_type.endswith("json")
    ]

    assert broken(answers) == []


@pytest.mark.sqlite
def test_every_refusal_of_the_api_is_a_problem_document(rows: None) -> None:
    """Whatever the method and the body, but for the pages among its addresses."""
    client = Client(raise_request_exception=False)
    pages = ("/api/docs/", "/api/problems/")

    for address in addresses("1"):
        if not address.startswith("/api/") or address in pages:
            continue
        for method in METHODS:
            if method in ("HEAD", "OPTIONS"):
                continue
            answer = client.generic(method, address, b"{", content_type="application/json")
            if answer.status_code >= 400:
                assert answer["Content-Type"] == "application/problem+json", (method, address)
                assert answer.json()["type"].startswith("/api/problems/#"), (method, address)
