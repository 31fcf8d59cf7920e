"""Links of orders, and how they are kept out of what is written down."""

from typing import Any
from uuid import uuid4

import pytest

from shop.links import masked, token_of


def test_token_differs_by_order_and_by_key(settings: Any) -> None:
    one, other = uuid4(), uuid4()
    first = token_of(one)
    assert first != token_of(other)
    assert one.hex not in first

    settings.SECRET_KEY = "another"
    assert token_of(one) != first


@pytest.mark.parametrize(
    "path",
    ["/orders/{}/", "/api/v1/orders/{}/cancel/", "/api/v1/orders/{}", "/Orders/{}x/", "/order/{}"],
)
def test_path_is_logged_without_its_token(path: str) -> None:
    token = token_of(uuid4())
    line = f"Not Found: {path.format(token)} 404"

    assert token[:20] not in masked(line)
    assert "[link]" in masked(line)


def test_other_paths_are_logged_in_full() -> None:
    line = "Not Found: /admin/orders/order/123/change/?q=1 (SO-100001)"

    assert masked(line) == line
