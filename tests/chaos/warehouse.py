"""The warehouse: ships once per idempotency key, and is as ill as a fault wants."""

import json
import random
import threading
import time
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

INSIDE = "/inside"
"""Where a redirect points to, and where no request may ever go."""


@dataclass(frozen=True)
class Order:
    """What the warehouse was asked to do and did: once for each key."""

    key: str
    kind: str
    number: str
    at: float


class Warehouse:
    """`illness` is one of `ILLNESSES` or empty. Whatever it answers, it honours its keys."""

    ILLNESSES = (
        "accept, then silence", "500 after accepting", "500", "429", "503", "broken JSON",
        "flapping", "redirect once",
    )  # fmt: skip

    def __init__(self) -> None:
        self.orders: list[Order] = []
        self.asked = 0
        self.illness = ""
        self.silence = 25.0
        self.redirected: list[str] = []
        """Numbers of orders that were answered with a redirect to this very host."""
        self.followed = 0
        """How many requests followed that redirect."""
        self._keys: set[str] = set()
        self._lock = threading.Lock()
        stub = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                if self.path == INSIDE:
                    self.do_GET()
                else:
                    stub.answer(self, self.headers.get("Idempotency-Key") or "", json.loads(body))

            def do_GET(self) -> None:
                stub.followed += 1
                stub._say(self, 200)

            def log_message(self, *_args: Any) -> None:
                pass

        self._server = _Server(("127.0.0.1", 0), Handler)
        self.port = self._server.server_port
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def done(self) -> list[Order]:
        with self._lock:
            return list(self.orders)

    def answer(self, request: BaseHTTPRequestHandler, key: str, asked: dict[str, Any]) -> None:
        illness = self.illness
        if illness == "flapping":
            illness = random.choice(("", "500", "500 after accepting", "429"))
        if illness == "500":
            return self._say(request, 500)
        if illness == "redirect once" and self._takes_the_redirect(asked["data"]["number"]):
            target = f"http://127.0.0.1:{self.port}{INSIDE}"
            return self._say(request, 302, {"Location": target})
        if illness == "429":
            return self._say(request, 429, {"Retry-After": "2"})
        if illness == "503":
            return self._say(request, 503, {"Retry-After": "1"})
        self._accept(key, asked)
        if illness == "500 after accepting":
            return self._say(request, 500)
        if illness == "accept, then silence":
            time.sleep(self.silence)
        return self._say(request, 200, body=b"{" if illness == "broken JSON" else b"{}")

    def _takes_the_redirect(self, number: str) -> bool:
        with self._lock:
            if self.illness != "redirect once":
                return False
            self.illness = ""
            self.redirected.append(number)
            return True

    def _accept(self, key: str, asked: dict[str, Any]) -> None:
        with self._lock:
            self.asked += 1
            # Without a key it cannot know a repeat, and does it all again.
            if not key or key not in self._keys:
                self._keys.add(key)
                number = asked["data"]["number"]
                self.orders.append(Order(key, asked["type"], number, time.time()))

    @staticmethod
    def _say(
        request: BaseHTTPRequestHandler,
        status: int,
        headers: dict[str, str] | None = None,
        body: bytes = b"",
    ) -> None:
        try:
            request.send_response(status)
            for name, value in (headers or {}).items():
                request.send_header(name, value)
            request.send_header("Content-Length", str(len(body)))
            request.end_headers()
            request.wfile.write(body)
        except OSError:
            request.close_connection = True


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_about: Any) -> None:
        """A client that hung up is what the faults are for."""
