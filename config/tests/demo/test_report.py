"""What `order` prints of its orders."""

from config.demo.client import Followed
from config.demo.report import summary


def an_order(number: str) -> Followed:
    return Followed(address="/api/x/", page="/x/", number=number, placed_at=0.0)


def test_rate_is_printed_of_several_orders_only() -> None:
    one = summary([an_order("SO-1")], 0.06)
    two = summary([an_order("SO-1"), an_order("SO-2")], 0.1)

    assert one[0] == "1 order placed in 0.1 s"
    assert two[0] == "2 orders placed in 0.1 s (20.0/s)"
