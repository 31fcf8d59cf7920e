"""Requests that would break further in are refused before a view gets them."""

import pytest
from django.test import Client, override_settings


@pytest.mark.parametrize(
    "address",
    ["/%00", "/api/v1/products/?page=%00", "/?a%00=1", "/admin/login/?next=%00"],
)
def test_nul_in_address_is_refused(client: Client, address: str) -> None:
    answer = client.get(address)

    assert answer.status_code == 400


def test_nul_in_address_of_api_is_answered_with_a_problem(client: Client) -> None:
    answer = client.get("/api/v1/products/?page=%00")

    assert answer["Content-Type"] == "application/problem+json"
    assert answer.json()["type"] == "/api/problems/#unreadable-request"


@pytest.mark.django_db
@pytest.mark.parametrize("form", [{"username": "a\0"}, {"na\0me": "a"}])
def test_nul_in_form_is_refused(client: Client, form: dict[str, str]) -> None:
    assert client.post("/admin/login/", form).status_code == 400


@pytest.mark.django_db
@pytest.mark.parametrize("debug", [False, True])
@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "DELETE", "OPTIONS"])
def test_address_of_api_needs_no_slash(client: Client, method: str, debug: bool) -> None:
    with override_settings(DEBUG=debug):
        answer = client.generic(method, "/api/v1/products")

    assert answer.status_code == (200 if method in ("GET", "OPTIONS") else 405)


@pytest.mark.parametrize("debug", [False, True])
@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
def test_unknown_api_address_without_slash_is_answered_with_a_problem(
    client: Client, method: str, debug: bool
) -> None:
    with override_settings(DEBUG=debug):
        answer = client.generic(method, "/api/v1/orders/;/invoice.pdf")

    assert answer.status_code == 404
    assert answer.json()["type"] == "/api/problems/#not-found"


@pytest.mark.parametrize("debug", [False, True])
def test_form_without_slash_is_not_redirected(client: Client, debug: bool) -> None:
    with override_settings(DEBUG=debug):
        assert client.get("/api/docs").status_code == 200
        assert client.get("/analytics").status_code == 301
        assert client.post("/analytics", {"a": "1"}).status_code == 404


@pytest.mark.django_db
@pytest.mark.parametrize("debug", [False, True])
@pytest.mark.parametrize("address", ["/nothing", "/nothing/", "/products/NONE/", "/orders/x/"])
def test_customer_sees_the_page_of_the_shop_where_nothing_is(
    client: Client, address: str, debug: bool
) -> None:
    with override_settings(DEBUG=debug):
        answer = client.get(address, HTTP_ACCEPT_LANGUAGE="de")

    page = answer.content.decode()
    assert answer.status_code == 404
    assert '<html lang="de">' in page
    assert "Unter dieser Adresse gibt es nichts" in page
    assert "DEBUG" not in page
