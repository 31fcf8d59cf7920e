"""A service that answers as a test wants, over real HTTP on loopback."""

import json
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self


@dataclass(frozen=True)
class Received:
    headers: Mapping[str, str]
    body: bytes
    peer: tuple[str, int]

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class Reply:
    status: int = 204
    headers: Mapping[str, str] | None = None
    body: bytes = b""
    meanwhile: Callable[[], None] = lambda: None
    """Done between the request's last byte and the answer's first."""
    drip: Callable[[Any], None] | None = None
    """Takes over the socket instead of answering."""


class HttpStub:
    """Gives the replies in turn, the last one for ever, and keeps what it received."""

    def __init__(self) -> None:
        self.received: list[Received] = []
        self.replies = [Reply()]
        stub = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                headers = {name.lower(): value for name, value in self.headers.items()}
                stub.received.append(Received(headers, body, self.client_address))
                stub.answer(self)

            do_GET = do_POST

            def log_message(self, *_args: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}/"

    def answer(self, handler: BaseHTTPRequestHandler) -> None:
        reply = self.replies.pop(0) if len(self.replies) > 1 else self.replies[0]
        reply.meanwhile()
        if reply.drip:
            reply.drip(handler.wfile)
            handler.close_connection = True
            return
        handler.send_response(reply.status)
        for name, value in (reply.headers or {}).items():
            handler.send_header(name, value)
        if reply.status != 204:
            handler.send_header("Content-Length", str(len(reply.body)))
        handler.end_headers()
        handler.wfile.write(reply.body)

    def types(self) -> list[str]:
        """What it was told, in order."""
        return [one.json["type"] for one in self.received]

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._server.shutdown()
        self._server.server_close()
