"""A checkout over REST: what it answers, and everything it refuses."""

import json
from typing import Any

import pytest
from rest_framework.test import APIClient

from bus.models import Event
from orders.models import IdempotencyKey, Order

pytestmark = pytest.mark.django_db
URL = "/api/v1/checkout/"
JSON = "application/json"


def line(sku: Any = "MUG", quantity: Any = 1) -> dict[str, Any]:
    return {"sku": sku, "quantity": quantity}


def address(**changes: Any) -> dict[str, Any]:
    usual = {"line1": "12 Road", "postal_code": "10115", "city": "Berlin", "country": "DE"}
    return {"shipping_address": usual | changes}


def assert_refused(answer: Any, status: int, *pointers: str) -> None:
    assert answer.status_code == status, answer.content
    assert answer["Content-Type"] == "application/problem+json"
    problem = answer.json()
    assert problem["status"] == status
    assert problem["title"]
    assert {error["pointer"] for error in problem.get("errors", [])} == set(pointers)
    assert not Order.objects.exists()
    assert not Event.objects.exists()
    assert not IdempotencyKey.objects.exists()


def test_checkout_answers_with_whole_order(client: APIClient, body: dict[str, Any]) -> None:
    answer = client.post(URL, body, format="json")

    assert answer.status_code == 201
    order = answer.json()
    assert order["number"].startswith("SO-")
    assert order["status"] == "placed"
    assert (order["net"], order["tax"], order["total"]) == ("24.37", "4.12", "28.49")
    assert order["lines"][0] == {
        "sku": "MUG",
        "name": "Blue mug",
        "quantity": 2,
        "unit_price": "12.00",
        "tax_rate": "0.190",
        "net": "20.17",
        "tax": "3.83",
        "total": "24.00",
    }
    assert answer["Location"] == order["links"]["self"]
    token = order["links"]["self"].rstrip("/").rpartition("/")[2]
    assert order["id"] not in str(order["links"])
    assert order["links"]["cancel"] == order["links"]["self"] + "cancel/"
    assert order["links"]["invoice"] == order["links"]["self"] + "invoice.pdf"
    assert order["links"]["page"].endswith(f"/orders/{token}/")


def test_response_has_no_personal_data(client: APIClient, body: dict[str, Any]) -> None:
    answer = client.post(URL, body, format="json")

    # More than three letters, which the link's random token may have as well.
    for personal in (b"ada@example", b"lovelace", b"example street"):
        assert personal not in answer.content.lower()


def test_same_product_twice_is_added_up(client: APIClient, body: dict[str, Any]) -> None:
    body["lines"] = [line("MUG", 1), line("TEA", 1), line("MUG", 2)]

    answer = client.post(URL, body, format="json")

    assert [(row["sku"], row["quantity"]) for row in answer.json()["lines"]] == [
        ("MUG", 3),
        ("TEA", 1),
    ]


REFUSED_FIELDS = {
    "unknown product": ({"lines": [line(), line("NONE")]}, "#/lines/1/sku"),
    "product not for sale": ({"lines": [line("OLD")]}, "#/lines/0/sku"),
    "quantity zero": ({"lines": [line(quantity=0)]}, "#/lines/0/quantity"),
    "negative quantity": ({"lines": [line(quantity=-1)]}, "#/lines/0/quantity"),
    "huge quantity": ({"lines": [line(quantity=10**9)]}, "#/lines/0/quantity"),
    "quantity as text": ({"lines": [line(quantity="2")]}, "#/lines/0/quantity"),
    "quantity as words": ({"lines": [line(quantity="two")]}, "#/lines/0/quantity"),
    "quantity as fraction": ({"lines": [line(quantity=1.0)]}, "#/lines/0/quantity"),
    "quantity as truth": ({"lines": [line(quantity=True)]}, "#/lines/0/quantity"),
    "no quantity": ({"lines": [{"sku": "MUG"}]}, "#/lines/0/quantity"),
    "too many in all": ({"lines": [line(quantity=9_999), line()]}, "#/lines"),
    "no lines": ({"lines": []}, "#/lines"),
    "101 lines": ({"lines": [line()] * 101}, "#/lines"),
    "lines as text": ({"lines": "MUG"}, "#/lines"),
    "lines as object": ({"lines": line()}, "#/lines"),
    "line as text": ({"lines": ["MUG"]}, "#/lines/0"),
    "sku as number": ({"lines": [line(5)]}, "#/lines/0/sku"),
    "sku with a null": ({"lines": [line("MUG\0")]}, "#/lines/0/sku"),
    "name as number": ({"name": 5}, "#/name"),
    "name as null": ({"name": None}, "#/name"),
    "blank name": ({"name": "  "}, "#/name"),
    "long name": ({"name": "x" * 121}, "#/name"),
    "line break in the name": ({"name": "Ada\r\nBcc: all@example.com"}, "#/name"),
    "line break after the name": ({"name": "Ada\n"}, "#/name"),
    "control character": ({"name": "Ada\x07"}, "#/name"),
    "half a character": ({"name": "Ada\ud800"}, "#/name"),
    "change of direction": ({"name": "Ada\u202e"}, "#/name"),
    "no e-mail": ({"email": "ada"}, "#/email"),
    "line break in the e-mail": ({"email": "ada@example.com\nBcc: b@example.com"}, "#/email"),
    "line break after the e-mail": ({"email": "ada@example.com\n"}, "#/email"),
    "control character in the e-mail": ({"email": '"a\x01"@example.com'}, "#/email"),
    "long e-mail": ({"email": "a" * 250 + "@example.com"}, "#/email"),
    "unknown field": ({"gift": "yes"}, "#/gift"),
    "expected total as number": ({"expected_total": 28.49}, "#/expected_total"),
    "negative expected total": ({"expected_total": "-1.00"}, "#/expected_total"),
    "expected total with a comma": ({"expected_total": "28,49"}, "#/expected_total"),
    "expected total as null": ({"expected_total": None}, "#/expected_total"),
    "expected total in long": ({"expected_total": "9" * 30}, "#/expected_total"),
    "currency as number": ({"expected_total": "28.49", "currency": 978}, "#/currency"),
    "unknown field of the address": (address(state="IL"), "#/shipping_address/state"),
    "price of the client": ({"lines": [line() | {"unit_price": "1"}]}, "#/lines/0/unit_price"),
    "unknown field with a slash": ({"a/b~c": 1}, "#/a~1b~0c"),
    "unknown field of half a character": ({"\ud800": 1}, "#/%3F"),
    "unknown field without a name": ({"": 1}, "#/"),
    "e-mail as list": ({"email": ["ada@example.com"]}, "#/email"),
    "unknown country": (address(country="XX"), "#/shipping_address/country"),
    "country by its name": (address(country="Germany"), "#/shipping_address/country"),
    "country as number": (address(country=49), "#/shipping_address/country"),
    "long city": (address(city="x" * 81), "#/shipping_address/city"),
    "control character in the street": (address(line1="a\tb"), "#/shipping_address/line1"),
    "address as text": ({"shipping_address": "Berlin"}, "#/shipping_address"),
}


@pytest.mark.parametrize(("change", "pointer"), REFUSED_FIELDS.values(), ids=REFUSED_FIELDS)
def test_bad_field_is_named_and_nothing_is_saved(
    client: APIClient, body: dict[str, Any], change: dict[str, Any], pointer: str
) -> None:
    answer = client.post(
        URL, json.dumps(body | change), content_type=JSON, headers={"Idempotency-Key": "k1"}
    )

    assert_refused(answer, 400, pointer)


def test_unknown_fields_are_reported_beside_other_errors(
    client: APIClient, body: dict[str, Any]
) -> None:
    answer = client.post(URL, body | {"email": 5, "gift": True}, format="json")

    assert_refused(answer, 400, "#/email", "#/gift")


def test_thousand_unknown_fields_are_answered_briefly(
    client: APIClient, body: dict[str, Any]
) -> None:
    many = {f"{number:05}" * 10: 1 for number in range(900)}

    answer = client.post(URL, body | many, format="json")

    assert answer.status_code == 400
    assert len(answer.content) < 64 * 1024


def test_checkout_works_without_trailing_slash(client: APIClient, body: dict[str, Any]) -> None:
    assert client.post(URL.rstrip("/"), body, format="json").status_code == 201


@pytest.mark.parametrize("field", ["email", "name", "shipping_address", "lines"])
def test_missing_field_is_named(client: APIClient, body: dict[str, Any], field: str) -> None:
    del body[field]

    assert_refused(client.post(URL, body, format="json"), 400, f"#/{field}")


def test_every_bad_line_is_named_at_once(client: APIClient, body: dict[str, Any]) -> None:
    body["lines"] = [line("NONE"), line("MUG"), line(" OLD ")]

    assert_refused(client.post(URL, body, format="json"), 400, "#/lines/0/sku", "#/lines/2/sku")


@pytest.mark.parametrize("text", ["", "[]", '"x"', "5", "null"])
def test_body_without_object_is_refused(client: APIClient, catalogue: Any, text: str) -> None:
    answer = client.post(URL, text, content_type=JSON)

    assert answer.status_code == 400
    assert answer["Content-Type"] == "application/problem+json"
    assert not Order.objects.exists()


@pytest.mark.parametrize(
    "text",
    ["{", "{'a': 1}", '{"a": NaN}', "[" * 30_000, b"\xff\xfe", "9" * 5_000],
    ids=["cut off", "single quotes", "not a number", "nested", "not utf-8", "endless number"],
)
def test_broken_json_is_refused(client: APIClient, catalogue: Any, text: str) -> None:
    assert_refused(client.post(URL, text, content_type=JSON), 400)


def test_form_encoded_body_is_refused(client: APIClient, catalogue: Any) -> None:
    answer = client.post(URL, "a=1", content_type="application/x-www-form-urlencoded")

    assert_refused(answer, 415)


def test_body_over_64_kib_is_refused(client: APIClient, body: dict[str, Any]) -> None:
    answer = client.post(URL, body | {"more": "x" * 65_536}, format="json")

    assert_refused(answer, 413)


def test_body_of_64_kib_is_read(client: APIClient, body: dict[str, Any]) -> None:
    text = json.dumps(body)
    full = text + " " * (65_536 - len(text))

    assert client.post(URL, full, content_type=JSON).status_code == 201


def test_other_methods_are_answered_with_a_problem(client: APIClient) -> None:
    assert_refused(client.get(URL), 405)
