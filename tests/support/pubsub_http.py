"""The tests' own Pub/Sub over HTTP and JSON, as far as a publisher asks."""

import json
import re
import threading
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import grpc
from google.api_core.exceptions import from_grpc_status
from google.pubsub_v1 import types

LARGEST = 10 * 1024 * 1024
"""Bytes of one request."""

PATH = re.compile(r"/v1/(projects/[\w-]+/topics/[\w.~+%-]+)(:publish)?")


class Refused(Exception):
    """What `abort` of a call's context raises."""


class Context:
    """That of a call by gRPC, as far as `Pubsub` uses it."""

    def abort(self, status: grpc.StatusCode, _text: str) -> None:
        raise Refused(status)


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    pubsub: Any
    """The `Pubsub` that it asks."""

    def do_GET(self) -> None:
        self._ask(b"")

    def do_POST(self) -> None:
        self._ask(self.rfile.read(int(self.headers["Content-Length"])))

    def _ask(self, body: bytes) -> None:
        found = PATH.fullmatch(self.path)
        if found is None:
            return self._answer(HTTPStatus.NOT_FOUND, b"<html>")
        if len(body) > LARGEST:
            return self._refuse(grpc.StatusCode.INVALID_ARGUMENT)
        topic, publishes = found.groups()
        try:
            if publishes:
                # As strict as Google's: an unknown field is refused.
                request = types.PublishRequest.from_json(body)
                request.topic = topic
                ids = self.pubsub.alone(self.pubsub.Publish, request, Context())
                answer = types.PublishResponse.to_json(ids)
            else:
                wanted = types.GetTopicRequest(topic=topic)
                found_topic = self.pubsub.alone(self.pubsub.GetTopic, wanted, Context())
                answer = types.Topic.to_json(found_topic)
        except Refused as refusal:
            return self._refuse(refusal.args[0])
        return self._answer(HTTPStatus.OK, answer.encode())

    def _refuse(self, status: grpc.StatusCode) -> None:
        code = from_grpc_status(status, "").code
        self._answer(code, json.dumps({"error": {"code": code, "status": status.name}}).encode())

    def _answer(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_args: Any) -> None: ...


def serve(pubsub: Any, port: int) -> None:
    """Answer on loopback, in threads, until the process ends."""
    handler = type("Handler", (Handler,), {"pubsub": pubsub})
    server = ThreadingHTTPServer(("127.0.0.1", port), handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
