"""One order may ask for so many pieces, whoever writes it."""

from typing import Any

import pytest
from rest_framework.test import APIClient

from orders.models import Order, OrderLine
from orders.services import Basket, TooManyPieces, checkout, place_order
from orders.tests.conftest import ADA

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def few(settings: Any) -> None:
    settings.PIECES_PER_LINE, settings.PIECES_PER_ORDER = 5, 8


@pytest.mark.parametrize(
    ("quantities", "said"),
    [({"MUG": 6}, "At most 5 pieces of one product: MUG."),
     ({"MUG": 5, "TEA": 4}, "At most 8 pieces in one order; these are 9.")],
)  # fmt: skip
def test_basket_with_too_many_pieces_is_refused(
    client: APIClient, body: dict[str, Any], quantities: dict[str, int], said: str
) -> None:
    body["lines"] = [{"sku": sku, "quantity": number} for sku, number in quantities.items()]

    answer = client.post("/api/v1/checkout/", body, format="json")

    assert answer.status_code == 400
    assert answer.json()["errors"] == [{"pointer": "#/lines", "detail": said}]
    with pytest.raises(TooManyPieces, match=said):
        checkout(Basket(ADA, quantities))
    assert not Order.objects.exists()


def test_basket_at_the_limit_is_accepted(catalogue: Any) -> None:
    assert checkout(Basket(ADA, {"MUG": 5, "TEA": 3})).order.number


def test_staff_draft_with_too_many_pieces_is_refused(catalogue: Any) -> None:
    draft = Order.objects.create(
        name="Ada", email="ada@example.com", line1="Weg 1", city="Berlin", country="DE"
    )
    OrderLine.objects.create(order=draft, sku="MUG", quantity=6)

    with pytest.raises(TooManyPieces):
        place_order(draft.pk)
    assert Order.objects.get().state == "draft"
