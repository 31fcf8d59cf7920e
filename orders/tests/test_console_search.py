"""Operators find an order in the console by its customer's e-mail address, if they may."""

from decimal import Decimal

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.urls import reverse

from orders.models import Order
from orders.selectors import numbers_of
from orders.services import Basket, Repeat, checkout
from shop.models import Product
from shop.testing import CUSTOMER
from tests.support.staff import member

pytestmark = pytest.mark.django_db(transaction=True)

STREAMS = "admin:bus_console_matrix"


@pytest.fixture
def order() -> Order:
    basket = Basket(CUSTOMER, {"CUP": 1})
    Product.objects.create(sku="CUP", name="A cup", unit_price=Decimal("11.90"))
    return checkout(basket, Repeat.of("a key", {"CUP": 1})).order


def test_support_and_operator_in_one_finds_order_by_its_address(order: Order) -> None:
    client = member("operator")
    user = User.objects.get(username="eve")
    user.user_permissions.add(Permission.objects.get(codename="view_order"))

    answer = client.get(reverse(STREAMS), {"q": order.email})

    assert answer["Location"].endswith(f"?stream={order.number}")
    assert "an e-mail address" in client.get(reverse(STREAMS)).content.decode()


def test_operator_who_may_not_view_orders_finds_none(order: Order) -> None:
    client: Client = member("operator")

    answer = client.get(reverse(STREAMS), {"q": order.email})

    assert "Nothing was published for" in answer.content.decode()
    assert "e-mail" not in client.get(reverse(STREAMS)).content.decode().split("<main")[-1]


def test_part_of_an_address_finds_nothing(order: Order) -> None:
    assert numbers_of("ada@") == numbers_of("") == []
