"""A port that is taken: by this shop, started by hand, or by another program."""

import json
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest
from pytest_django.fixtures import Settings

from bus import keys
from config.local.machine import check_port

pytestmark = pytest.mark.django_db

Listening = Callable[[str, str], AbstractContextManager[None]]


@pytest.fixture
def listening(settings: Settings) -> Listening:
    """Answers one path with a text, on the port of both settings."""

    @contextmanager
    def listen(path: str, text: str) -> Iterator[None]:
        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.send_response(200 if self.path == path else 404)
                self.end_headers()
                self.wfile.write(text.encode() if self.path == path else b"")

            def log_message(self, *_: object) -> None: ...

        with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
            Thread(target=server.serve_forever).start()
            settings.PORT = settings.FLOWER_PORT = server.server_address[1]
            try:
                yield
            finally:
                server.shutdown()

    return listen


def test_doctor_accepts_the_port_on_which_this_shop_runs(listening: Listening) -> None:
    with listening("/readyz", json.dumps({"shop": keys.fingerprint()})):
        assert check_port("PORT", may_run=True).state.endswith("the shop runs already")


def test_start_refuses_the_port_on_which_this_shop_runs(listening: Listening) -> None:
    with listening("/readyz", json.dumps({"shop": keys.fingerprint()})):
        assert check_port("PORT").fails


@pytest.mark.parametrize("answer", ['{"shop": "another"}', "[]", "It works!"])
def test_doctor_refuses_the_port_of_another_program(listening: Listening, answer: str) -> None:
    with listening("/readyz", answer):
        assert "in use by another program" in check_port("PORT", may_run=True).state


def test_doctor_accepts_the_port_on_which_flower_runs(listening: Listening) -> None:
    with listening("/healthcheck", "OK"):
        assert not check_port("FLOWER_PORT", may_run=True).fails
    with listening("/healthcheck", "It works!"):
        assert check_port("FLOWER_PORT", may_run=True).fails
