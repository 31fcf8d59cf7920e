"""A checkout takes the address of any country, and tells by field what is wrong with one."""

from typing import Any

import pytest
from django.test import Client
from rest_framework.test import APIClient

from orders.models import Order

pytestmark = pytest.mark.django_db
URL = "/api/v1/checkout/"


def checkout(client: APIClient, body: dict[str, Any], **address: str) -> Any:
    return client.post(URL, body | {"shipping_address": address}, format="json")


@pytest.mark.parametrize(
    "address",
    [
        {"line1": "Sheikh Zayed Road 1", "city": "Dubai", "country": "AE"},
        {"line1": "1 Queen's Road", "city": "Central", "country": "HK"},
        {"line1": "2 Orchard Road", "postal_code": "238801", "country": "SG"},
        {"line1": "3 O'Connell Street", "city": "Dublin", "country": "IE"},
        {"line1": "4 Main", "city": "Springfield", "region": "Illinois", "postal_code": "62704",
         "country": "US"},
    ],
)  # fmt: skip
def test_address_of_any_country_is_accepted(
    client: APIClient, body: dict[str, Any], address: dict[str, str]
) -> None:
    answer = checkout(client, body, **address)

    assert answer.status_code == 201, answer.json()


@pytest.mark.parametrize(
    ("address", "field"),
    [
        ({"city": "Berlin", "country": "DE"}, "postal_code"),
        ({"city": "Berlin", "postal_code": "1011", "country": "DE"}, "postal_code"),
        ({"postal_code": "10115", "country": "DE"}, "city"),
        ({"city": "Springfield", "postal_code": "627", "country": "US"}, "postal_code"),
        ({"city": "Berlin", "postal_code": "10115", "region": "x" * 81, "country": "DE"}, "region"),
    ],
)
def test_address_errors_name_their_field(
    client: APIClient, body: dict[str, Any], address: dict[str, str], field: str
) -> None:
    answer = checkout(client, body, line1="Weg 1", **address)

    assert answer.status_code == 400
    assert [error["pointer"] for error in answer.json()["errors"]] == [
        f"#/shipping_address/{field}"
    ]
    assert not Order.objects.exists()


@pytest.mark.parametrize(
    ("address", "fields"),
    [
        ({"line1": "", "city": "", "postal_code": "1"}, ["city", "line1", "postal_code"]),
        ({"line1": "", "city": "x" * 81, "postal_code": "10115"}, ["city", "line1"]),
        ({"city": "Berlin", "postal_code": "", "planet": "Earth"},
         ["line1", "planet", "postal_code"]),
        ({"line1": "", "city": "", "country": "XX"}, ["country", "line1"]),
    ],
)  # fmt: skip
def test_all_address_errors_are_said_at_once(
    client: APIClient, body: dict[str, Any], address: dict[str, str], fields: list[str]
) -> None:
    answer = checkout(client, body, **{"country": "DE", **address})

    assert answer.status_code == 400
    found = sorted(error["pointer"] for error in answer.json()["errors"])
    assert found == [f"#/shipping_address/{field}" for field in fields]


def test_order_and_page_show_region_as_the_country_does(
    client: APIClient, body: dict[str, Any]
) -> None:
    answer = checkout(
        client, body, line1="4 Main", city="Springfield", region="illinois", postal_code="62704",
        country="US",
    )  # fmt: skip

    assert Order.objects.get().region == "IL"
    page = Client().get(answer.json()["links"]["page"]).content.decode()
    assert "Springfield, IL 62704" in page


def test_admin_shows_address_errors_beside_their_field(admin_client: Client) -> None:
    form = {
        "state": "draft", "email": "root@localhost", "name": "Ada", "language": "de",
        "line1": "Weg 1", "city": "B",
        "postal_code": "1", "country": "DE", "lines-TOTAL_FORMS": "0", "lines-INITIAL_FORMS": "0",
    }  # fmt: skip

    answer = admin_client.post("/admin/orders/order/add/", form)

    assert answer.status_code == 200
    assert answer.context["adminform"].form.errors.keys() == {"email", "postal_code"}
