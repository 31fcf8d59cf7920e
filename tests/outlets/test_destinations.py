"""Each destination gets the events of an order in their order, and none is lost."""

from typing import Any

import pytest

from bus.testing import end_waits, given, settle, state_of
from outlets.cloudevents import CONTENT_TYPE
from shop.testing import confirmed, placed, reserved
from tests.outlets.stands import Received, Stand

pytestmark = pytest.mark.django_db(transaction=True)


def types_of(received: list[Received], order: str) -> list[str]:
    return [one.event["type"] for one in received if one.event["subject"] == order]


def test_events_of_orders_arrive_once_and_in_order(name: str, stand: Stand) -> None:
    orders = [f"SO-{number}" for number in range(5)]
    for order in orders:
        given(placed(order, LAMP=1))
    for order in orders:
        given(reserved(order), confirmed(order, LAMP=1))

    settle(f"outlets-{name}")

    received = stand.received()
    for order in orders:
        assert types_of(received, order) == ["OrderPlaced", "StockReserved", "OrderConfirmed"]
    assert len({one.event["id"] for one in received}) == len(received) == 15


def test_message_says_what_it_is_and_by_what_it_is_known_again(name: str, stand: Stand) -> None:
    given(placed("SO-1", LAMP=2))

    settle(f"outlets-{name}")

    [received] = stand.received()
    assert received.content_type == CONTENT_TYPE
    assert received.event["specversion"] == "1.0"
    assert received.event["data"]["total"] == "23.80"
    beside = {
        "kafka": "SO-1",
        "nats": f"shop.OrderPlaced {received.event['id']}",
        "pubsub": f"SO-1 OrderPlaced {received.event['id']}",
        **dict.fromkeys(("rabbitmq", "sns", "sqs"), f"OrderPlaced {received.event['id']}"),
    }
    assert received.beside == beside[name]


@pytest.mark.parametrize(("option", "there"), [("", False), ("personal=yes", True)])
def test_customer_is_sent_only_if_address_says_so(
    name: str, stand: Stand, settings: Any, option: str, there: bool
) -> None:
    joined = f"{stand.url}{'&' if '?' in stand.url else '?'}{option}" if option else stand.url
    settings.OUTLETS = {**settings.OUTLETS, name: joined}
    given(placed("SO-1", LAMP=2))

    settle(f"outlets-{name}")

    [received] = stand.received()
    assert ("customer" in received.event["data"]) is there
    assert ("ada@example.com" in str(received.event)) is there


def test_events_wait_while_destination_is_away_and_arrive_after(name: str, stand: Stand) -> None:
    given(placed("SO-1", LAMP=1))
    settle(f"outlets-{name}")
    assert types_of(stand.received(), "SO-1") == ["OrderPlaced"]

    stand.kill()
    given(reserved("SO-1"), placed("SO-2", LAMP=1))
    settle(f"outlets-{name}")
    assert state_of(f"outlets.tasks.{name}_stock_reserved", "SO-1") == "waiting"
    assert state_of(f"outlets.tasks.{name}_order_placed", "SO-2") == "waiting"

    stand.open()
    end_waits()
    settle(f"outlets-{name}")
    after = [one for one in stand.received() if one.event["type"] != "OrderPlaced"]
    assert types_of(after, "SO-1") == ["StockReserved"]
    assert types_of(stand.received(), "SO-2") in (["OrderPlaced"], [])
