"""No person's name or address is where it does not belong, whatever fails."""

import re
import socket
from base64 import b64decode
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Thread
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.live.shop import BODY, MEASURED, Shop

pytestmark = [pytest.mark.live, pytest.mark.timeout(300)]

PRIVATE = ("Grace", "Hopper", "grace@", "grace.example", "Am Geheimweg")
GRACE: dict[str, Any] = BODY | {
    "email": "grace@grace.example",
    "name": "Grace O'Hopper",
    "shipping_address": BODY["shipping_address"] | {"line1": "Am Geheimweg 4"},
}
BASE64 = re.compile(rb"[A-Za-z0-9+/]{40,}")
REFUSED = {"name": GRACE["name"], '"to"': GRACE["email"]}


def refuse(shop: Shop, table: str, column: str) -> None:
    """Let the database refuse Grace in a table, as it does what breaks a constraint."""
    value = REFUSED[column].replace("'", "''")
    if shop.env.get("DATABASE_URL"):
        shop.query(
            f"ALTER TABLE {table} ADD CONSTRAINT not_her CHECK ({column} <> '{value}') NOT VALID",
        )
    else:
        shop.query(
            f"CREATE TRIGGER not_her_{table} BEFORE INSERT ON {table} "
            f"WHEN NEW.{column} = '{value}' "
            "BEGIN SELECT RAISE(ABORT, 'not_her'); END",
        )


@contextmanager
def overheard(url: str) -> Iterator[Callable[[], str]]:
    """All that goes through Redis meanwhile; what is in base64 is read, too."""
    received = bytearray()
    with socket.create_connection((urlsplit(url).hostname, urlsplit(url).port)) as wire:

        def listen() -> None:
            while part := wire.recv(65536):
                received.extend(part)

        def told() -> str:
            read = [b64decode(one + b"===") for one in BASE64.findall(received)]
            return b"\n".join([bytes(received), *read]).decode(errors="replace")

        listener = Thread(target=listen)
        listener.start()
        wire.sendall(f"AUTH {urlsplit(url).password}\r\nMONITOR\r\n".encode())
        yield told
        wire.shutdown(socket.SHUT_RDWR)
        listener.join(timeout=10)


@pytest.fixture
def private(shop: Shop) -> Iterator[Callable[[], list[str]]]:
    """Where Grace is named: in Redis, the log, the metrics, the ledger's errors."""
    with overheard((shop.folder / "redis.url").read_text().strip()) as told:

        def named() -> list[str]:
            shop.wait_for(lambda: "worker-heartbeat" in told(), 30)
            places = {
                "the log": shop.said,
                "Redis": told(),
                "the metrics": "".join(map(shop.metrics, MEASURED)),
                "the ledger": str(shop.query("SELECT error FROM bus_delivery")),
            }
            return [
                f"{one} in {where}"
                for where, said in places.items()
                for one in PRIVATE
                if one in said
            ]

        yield named


def test_settled_order_leaves_no_personal_data(
    shop: Shop, private: Callable[[], list[str]]
) -> None:
    answer = shop.http.post("/api/v1/checkout/", json=GRACE)
    assert answer.status_code == 201, answer.text

    shop.wait_until_settled(answer.json(), 60)

    assert private() == []


def test_failing_handler_logs_no_personal_data(
    shop: Shop, private: Callable[[], list[str]]
) -> None:
    refuse(shop, "notifications_message", '"to"')

    order = shop.http.post("/api/v1/checkout/", json=GRACE).json()
    shop.wait_for(lambda: "dead" in shop.states(order).get("notifications", ()), 60)

    errors = str(shop.query("SELECT error FROM bus_delivery WHERE state = 'dead'"))
    assert "not_her" in errors
    assert private() == []


def test_failing_checkout_logs_no_personal_data(
    shop: Shop, private: Callable[[], list[str]]
) -> None:
    refuse(shop, "orders_order", "name")

    answer = shop.http.post("/api/v1/checkout/", json=GRACE)

    assert answer.status_code == 500
    shop.wait_for(lambda: "not_her" in shop.said, 10)
    assert private() == []
