"""An order is opened by its link alone."""

from importlib import import_module
from typing import Any
from uuid import uuid4

import pytest
from django.apps import apps
from django.contrib.auth import get_user_model
from django.contrib.contenttypes.models import ContentType
from django.test import Client
from rest_framework.test import APIClient

from bus.models import Event
from orders import services
from orders.models import Order
from orders.services import Basket
from shop.links import hash_of, token_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def order(basket: Basket) -> Order:
    return services.checkout(basket).order


@pytest.mark.parametrize(
    "place",
    ["/orders/{}/", "/api/v1/orders/{}/", "/api/v1/orders/{}/cancel/"],
)
def test_identifiers_of_order_open_nothing(client: APIClient, order: Order, place: str) -> None:
    stored = order.link_hash
    for known in (order.public_id, order.public_id.hex, order.number, order.pk, stored, uuid4()):
        address = place.format(known)
        assert client.get(address).status_code in {404, 405}
        assert client.post(address).status_code in {404, 405}
    assert Order.objects.get(pk=order.pk).state == "placed"


def test_token_is_stored_nowhere(client: APIClient, body: dict[str, Any]) -> None:
    answer = client.post("/api/v1/checkout/", body, format="json").json()
    token = answer["links"]["self"].rstrip("/").rpartition("/")[2]

    for model in apps.get_models():
        assert token not in repr(list(model._default_manager.values())), model
    assert Order.objects.get().link_hash == hash_of(token)
    assert token not in str(Event.objects.values_list("data", flat=True))


def test_repeated_checkout_answers_same_link(client: APIClient, body: dict[str, Any]) -> None:
    def links() -> Any:
        key = {"Idempotency-Key": "one"}
        return client.post("/api/v1/checkout/", body, format="json", headers=key).json()["links"]

    first = links()

    assert links() == first
    assert client.get(first["self"]).status_code == 200


def test_links_survive_a_new_secret_key(client: APIClient, order: Order, settings: Any) -> None:
    old, token = settings.SECRET_KEY, token_of(order.public_id)

    settings.SECRET_KEY = "new"
    answer = client.get(f"/api/v1/orders/{token}/").json()
    assert client.get(answer["links"]["self"]).status_code == 200

    settings.SECRET_KEY_FALLBACKS = [old]
    assert token_of(order.public_id) == token


def test_rewritten_row_keeps_its_link(order: Order, settings: Any) -> None:
    settings.SECRET_KEY = "new"
    again = Order.objects.get(pk=order.pk)
    again.save()

    assert Order.objects.get(pk=order.pk).link_hash == order.link_hash


def test_staff_without_permissions_get_no_link_to_an_order(order: Order) -> None:
    get_user_model().objects.create_user("eve", password="eve", is_staff=True)
    browser = Client()
    browser.login(username="eve", password="eve")
    kind = ContentType.objects.get_for_model(Order).pk

    answer = browser.get(f"/admin/r/{kind}/{order.pk}/")

    assert answer.status_code == 404
    assert token_of(order.public_id) not in answer.content.decode()


def test_only_public_pages_have_absolute_urls() -> None:
    """`/admin/r/` leads any member of staff to them, whatever their permissions."""
    found = [model for model in apps.get_models() if hasattr(model, "get_absolute_url")]

    assert {model._meta.label for model in found} <= {
        "shop.Category",
        "shop.LegalText",
        "shop.Product",
    }


def test_page_sends_no_referrer_to_other_sites(client: APIClient, order: Order) -> None:
    answer = client.get(f"/orders/{token_of(order.public_id)}/")

    assert answer["Referrer-Policy"] == "same-origin"
    assert order.public_id.hex not in answer.content.decode().replace("-", "")


def test_migration_gives_earlier_orders_their_links(client: APIClient, order: Order) -> None:
    Order.objects.update(link_hash=None)
    migration = import_module("orders.migrations.0002_link_hash")

    migration.give_links(apps, None)

    assert client.get(f"/orders/{token_of(order.public_id)}/").status_code == 200
