"""Customers without an Idempotency-Key: when they repeat, and what the checker makes of it."""

import pytest

from tests.chaos import keyless
from tests.chaos.buyers import Purchase
from tests.chaos.checker.orders import TRUTH
from tests.chaos.keyless import BUSY, MAY_BE
from tests.chaos.tests.answers import shop_that_says
from tests.chaos.tests.planted import Planted, promises

ORDER = {"number": "SO-1", "total": "1.00", "links": {"self": "/api/v1/orders/T/"}}
MAY_BE_PLACED = {"type": MAY_BE, "order": "/api/v1/orders/T/"}


def test_keyless_customer_looks_for_order_that_may_have_been_placed() -> None:
    with shop_that_says([(503, MAY_BE_PLACED)], [(404, {}), (200, ORDER)]) as (buyers, asked):
        bought = buyers.buy(Purchase("K", buyers.body(), keyless=True))

    assert asked == ["POST", "GET", "GET"]
    assert (bought.number, bought.left_open) == ("SO-1", False)


def test_keyless_customer_orders_again_when_order_is_still_missing_later(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(keyless, "A_MINUTE", 0)
    posts = [(503, MAY_BE_PLACED), (201, ORDER)]
    with shop_that_says(posts, [(404, {}), (404, {})]) as (buyers, asked):
        bought = buyers.buy(Purchase("K", buyers.body(), keyless=True))

    assert asked[0] == asked[-1] == "POST"
    assert bought.number == "SO-1"


def test_keyless_customer_repeats_an_order_that_was_not_saved() -> None:
    with shop_that_says([(503, {"type": BUSY}), (201, ORDER)], []) as (buyers, asked):
        bought = buyers.buy(Purchase("K", buyers.body(), keyless=True))

    assert asked == ["POST", "POST"]
    assert bought.number == "SO-1"


def test_keyless_customer_does_not_repeat_an_unknown_outcome() -> None:
    with shop_that_says([(500, {})], []) as (buyers, asked):
        bought = buyers.buy(Purchase("K", buyers.body(), keyless=True))

    assert asked == ["POST"]
    assert (bought.number, bought.left_open) == ("", True)


def without_key(shop: Planted) -> Purchase:
    one = next(one for one in shop.evidence.purchases if one.number == shop.numbers["plain"])
    one.keyless = True
    shop.sql(f"DELETE FROM orders_idempotencykey WHERE key = '{one.key}'")
    return one


@pytest.mark.sqlite
@pytest.mark.django_db
def test_order_without_key_is_found_by_its_customer(shop: Planted) -> None:
    without_key(shop)

    assert promises(shop) == set()


@pytest.mark.sqlite
@pytest.mark.django_db
def test_order_reported_as_not_saved_is_a_violation(shop: Planted) -> None:
    one = without_key(shop)
    one.number = ""

    assert TRUTH in promises(shop)


@pytest.mark.sqlite
@pytest.mark.django_db
def test_order_with_unknown_outcome_may_exist(shop: Planted) -> None:
    one = without_key(shop)
    one.number, one.left_open = "", True

    assert TRUTH not in promises(shop)
