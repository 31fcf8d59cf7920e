"""The customer of `manage.py order` repeats requests whose answers are lost."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from config.demo import client
from config.demo.client import AnswerLost, Customer

LINKS = {"self": "/api/v1/orders/T/", "page": "/orders/T/"}
ORDER = json.dumps({"id": "7", "number": "SO-1", "links": LINKS}).encode()


@pytest.fixture
def lost() -> Iterator[tuple[Customer, list[str], list[bool]]]:
    """A customer of a shop that ends the connection instead of answering while the list says so."""
    keys: list[str] = []
    loses: list[bool] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            keys.append(self.headers["Idempotency-Key"])
            self.rfile.read(int(self.headers["Content-Length"]))
            if loses.pop(0) if loses else False:
                self.close_connection = True
                return
            self.send_response(201)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(ORDER)))
            self.end_headers()
            self.wfile.write(ORDER)

        def log_message(self, *_: object) -> None:
            """Nothing to the terminal."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    customer = Customer(f"http://127.0.0.1:{server.server_port}")
    yield customer, keys, loses
    customer.close()
    server.shutdown()


Lost = tuple[Customer, list[str], list[bool]]


def test_order_without_answer_is_repeated_with_the_same_key(lost: Lost) -> None:
    customer, keys, loses = lost
    loses += [True, True]

    assert customer.place({}).number == "SO-1"

    assert len(keys) == 3
    assert len(set(keys)) == 1


def test_order_never_answered_is_reported_as_unknown(
    lost: Lost, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client, "MOST_TRIES", 1)
    customer, _keys, loses = lost
    loses.append(True)

    with pytest.raises(AnswerLost, match="may have been placed"):
        customer.place({})
