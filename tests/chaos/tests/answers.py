"""A shop that gives the answers of a test."""

import json
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from tests.chaos.buyers import Buyers

Answers = Iterable[tuple[int, dict[str, Any]]]


@contextmanager
def shop_that_says(posts: Answers, gets: Answers = ()) -> Iterator[tuple[Buyers, list[str]]]:
    """A shop with these answers, one after the other, and the methods that it was asked with."""
    asked: list[str] = []
    to_posts, to_gets = iter(posts), iter(gets)

    class Handler(BaseHTTPRequestHandler):
        def _answer(self, answers: Iterator[Any]) -> None:
            asked.append(self.command)
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            status, body = next(answers)
            text = json.dumps(body).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/problem+json")
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        def do_POST(self) -> None:
            self._answer(to_posts)

        def do_GET(self) -> None:
            self._answer(to_gets)

        def log_message(self, *_: Any) -> None:
            """Nothing to the terminal."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield Buyers(f"http://127.0.0.1:{server.server_port}", rate=1, seed=1), asked
    finally:
        server.shutdown()
