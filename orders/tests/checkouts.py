"""What a customer does with the checkout's page."""

from typing import Any

from django.test import Client

from orders.tests.carts import add
from tests.support.pages import Form, forms

URL = "/checkout/"
ADA = {
    "email": "ada@example.com",
    "name": "Ada Lovelace",
    "country": "DE",
    "line1": "12 Example Street",
    "postal_code": "10115",
    "city": "Berlin",
}


def filled_cart(customer: Client) -> None:
    add(customer, "MUG", 2)
    add(customer, "TEA", 1)


def form_of(answer: Any, having: str = "key") -> Form:
    """The form of a page that has this field or button."""
    found = forms(answer.content.decode())
    return next(one for one in found if having in one.fields or (having, "") in one.buttons)


def opened(customer: Client, **values: Any) -> dict[str, Any]:
    """What the opened checkout sends, filled in for Ada but for these values."""
    filled_cart(customer)
    return form_of(customer.get(URL)).filled(**ADA) | values


def text(answer: Any) -> str:
    return " ".join(answer.content.decode().split())
