"""Which e-mail addresses a checkout takes, and how it keeps them."""

from typing import Any

import pytest
from rest_framework.test import APIClient

from orders.models import Order

pytestmark = pytest.mark.django_db
URL = "/api/v1/checkout/"


@pytest.mark.parametrize(
    "email",
    [
        "ada",
        "root@localhost",
        "ada@[127.0.0.1]",
        "ada@192.0.2.1",
        "a@。cc.de",
        "a@cc..de",
        "a@-cc.de",
        "a@cc_dd.de",
        "a@printer.lan",
        "a@mail.internal",
        "ädä@example.com",
        '"a b"@example.com',
        "=?utf-8?q?=0A?=@example.com",
        "Ada <ada@example.com>",
        "a@example.com,b@example.com",
        "a" * 65 + "@example.com",
        "a@" + "b" * 64 + ".com",
        "a@☃.com",
        "a@xn--a.com",
    ],
)
def test_unmailable_address_is_refused_with_its_reason(
    client: APIClient, body: dict[str, Any], email: str
) -> None:
    answer = client.post(URL, body | {"email": email}, format="json")

    assert answer.status_code == 400
    [error] = answer.json()["errors"]
    assert error["pointer"] == "#/email"
    assert error["detail"].startswith("Not an e-mail address: ")
    assert not Order.objects.exists()


@pytest.mark.parametrize(
    ("email", "kept"),
    [
        ("ada@straße.example", "ada@straße.example"),
        ("ada@xn--strae-oqa.example", "ada@straße.example"),
        ("Ada+mugs@EXAMPLE.com", "Ada+mugs@example.com"),
        ("o'hara@example.co.uk", "o'hara@example.co.uk"),
    ],
)
def test_address_is_stored_with_unicode_domain(
    client: APIClient, body: dict[str, Any], email: str, kept: str
) -> None:
    client.post(URL, body | {"email": email}, format="json")

    assert Order.objects.get().email == kept
