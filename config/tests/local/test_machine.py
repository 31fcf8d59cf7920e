"""The machine has a folder that can be written to, and two ports that are free."""

import json
import socket
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest
from pytest_django.fixtures import Settings

from bus.broker import keys
from config.local.machine import check_folder, check_port

pytestmark = pytest.mark.django_db

Listening = Callable[..., AbstractContextManager[None]]


@pytest.fixture(autouse=True)
def own_folder(settings: Settings, tmp_path: Path) -> None:
    settings.VAR_DIR = tmp_path


@pytest.fixture
def listening(settings: Settings) -> Listening:
    """Answers one path with a text, on the port of a setting."""

    @contextmanager
    def listen(path: str, text: str, setting: str = "PORT") -> Iterator[None]:
        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.send_response(200 if self.path == path else 404)
                self.end_headers()
                self.wfile.write(text.encode() if self.path == path else b"")

            def log_message(self, *_: object) -> None: ...

        with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
            Thread(target=server.serve_forever).start()
            setattr(settings, setting, server.server_address[1])
            try:
                yield
            finally:
                server.shutdown()

    return listen


def test_doctor_accepts_port_on_which_this_shop_runs(listening: Listening) -> None:
    with listening("/readyz", json.dumps({"shop": keys.fingerprint()})):
        assert check_port("PORT", may_run=True).state.endswith("the shop runs already")


def test_start_refuses_port_on_which_this_shop_runs(listening: Listening) -> None:
    with listening("/readyz", json.dumps({"shop": keys.fingerprint()})):
        assert check_port("PORT").fails


@pytest.mark.parametrize("answer", ['{"shop": "another"}', "[]", "It works!"])
def test_doctor_refuses_port_of_another_program(listening: Listening, answer: str) -> None:
    with listening("/readyz", answer):
        assert "in use by another program" in check_port("PORT", may_run=True).state


def test_doctor_accepts_port_on_which_flower_runs(listening: Listening) -> None:
    with listening("/healthcheck", "OK", "FLOWER_PORT"):
        assert not check_port("FLOWER_PORT", may_run=True).fails
    with listening("/healthcheck", "It works!", "FLOWER_PORT"):
        assert check_port("FLOWER_PORT", may_run=True).fails


def test_free_port_passes(settings: Settings) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        settings.PORT = server.getsockname()[1]

    assert not check_port("PORT").fails


def test_busy_port_is_reported_with_a_free_one(settings: Settings) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        settings.PORT = server.getsockname()[1]

        found = check_port("PORT")

    assert found.fails
    suggested = int(found.fix.split("PORT=")[1].rstrip("."))
    assert suggested != settings.PORT


def test_two_services_on_one_port_are_refused(settings: Settings) -> None:
    settings.PORT = settings.FLOWER_PORT = 8000

    assert "Set FLOWER_PORT" in check_port("FLOWER_PORT").fix


def test_file_in_place_of_the_folder_is_refused(settings: Settings, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    settings.VAR_DIR = tmp_path / "file" / "var"

    assert "Set VAR_DIR" in check_folder().fix
