"""The security walk: each address is asked by a stranger and by staff without permissions."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.contrib.contenttypes.models import ContentType
from django.db.models import Model
from django.test import Client

from bus.models import Delivery, Event
from orders.models import Order
from shop.models import Product
from tests.test_every_address import addresses

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite, pytest.mark.timeout(300)]

OWN = ("/admin/password_change/", "/admin/login/", "/admin/second-factor/")
"""Pages about the visitor's own password and second factor."""

REFUSED = (301, 302, 400, 401, 403, 404, 405)
KEPT: tuple[type[Model], ...] = (Delivery, Event, Order, Product, User)


@pytest.fixture
def rows(db: None) -> None:
    Product.objects.create(sku="CUP", name="A cup", unit_price="9.90")
    Order.objects.create(email="ada@example.com", name="Ada", line1="Weg 1", country="DE", pk=1)


@pytest.fixture(params=["a stranger", "staff"])
def visitor(request: Any, rows: None) -> Client:
    browser = Client(raise_request_exception=False)
    if request.param == "staff":
        browser.force_login(User.objects.create_user("eve", is_staff=True))
    return browser


def inside() -> list[str]:
    """The addresses of staff, without those of a login of their own."""
    own = ("/admin/", "/admin/jsi18n/", "/admin/login/", "/admin/logout/", "/admin/search/")
    return [
        address
        for address in addresses("1")
        if address.startswith(("/admin/", "/analytics/"))
        and address not in own
        and not address.startswith(OWN)
    ]


def rows_there() -> dict[str, int]:
    return {model.__name__: model._default_manager.count() for model in KEPT}


def test_pages_of_staff_are_closed_without_permission(visitor: Client) -> None:
    ContentType.objects.clear_cache()
    opened = []
    for address in inside():
        answer = visitor.get(address)
        if answer.status_code not in REFUSED or "ada@example.com" in answer.content.decode():
            opened.append((address, answer.status_code))

    assert len(inside()) > 60
    assert opened == []


def test_forms_of_staff_change_nothing_without_permission(visitor: Client) -> None:
    before = rows_there()

    accepted = [
        (address, status)
        for address in inside()
        if (status := visitor.post(address, {"post": "yes", "reason": "x"}).status_code)
        not in REFUSED
    ]

    assert accepted == []
    assert rows_there() == before


def test_stranger_reads_nothing_of_an_order(rows: None) -> None:
    """The name, since a description of the API has a sample's address."""
    stranger = Client(raise_request_exception=False)
    Order.objects.update(email="ada.canary@example.com", name="Canary Lovelace")

    telling = [
        address
        for address in addresses("1")
        if b"anary" in getattr(stranger.get(address), "content", b"")
    ]

    assert telling == []


def test_page_may_not_be_framed_and_type_is_not_guessed(rows: None) -> None:
    stranger = Client(raise_request_exception=False)
    for address in ("/", "/cart/", "/checkout/", "/admin/login/"):
        answer = stranger.get(address, follow=True)
        assert "frame-ancestors 'none'" in answer["Content-Security-Policy"], address
        assert answer["X-Content-Type-Options"] == "nosniff", address
        assert answer["X-Frame-Options"] == "DENY", address


def test_another_sites_form_is_refused(rows: None) -> None:
    browser = Client(enforce_csrf_checks=True)
    for address in ("/checkout/", "/admin/login/", "/cart/"):
        answer = browser.post(address, {}, headers={"Origin": "https://evil.example"})
        assert answer.status_code in (403, 404, 405), address


def test_login_gives_a_new_session_and_drops_the_token(rows: None) -> None:
    User.objects.create_superuser("ada", password="right")
    browser = Client()
    before = browser.session
    before["basket"] = "of the attacker"
    before.save()
    browser.cookies["sessionid"] = str(before.session_key)
    browser.get("/admin/login/")
    token = browser.cookies["csrftoken"].value

    answer = browser.post("/admin/login/", {"username": "ada", "password": "right"})

    assert answer.status_code == 302
    cookie = answer.cookies["sessionid"]
    assert cookie.value != before.session_key
    assert browser.cookies["csrftoken"].value != token
    assert cookie["httponly"]
    assert cookie["samesite"] in ("Lax", "Strict")


@pytest.mark.parametrize("there", ["https://evil.example/", "//evil.example/", "/\\evil.example"])
def test_login_leads_to_no_other_site(rows: None, there: str) -> None:
    User.objects.create_superuser("ada", password="right")

    answer = Client().post("/admin/login/", {"username": "ada", "password": "right", "next": there})

    assert answer.status_code == 302
    assert "evil" not in answer["Location"]


@pytest.mark.parametrize("host", ["evil.example", "localhost.evil.example", "a@localhost"])
def test_unknown_host_name_is_refused(settings: Any, host: str) -> None:
    settings.ALLOWED_HOSTS = ["localhost"]

    answer = Client(raise_request_exception=False).get("/", headers={"Host": host})

    assert answer.status_code == 400
