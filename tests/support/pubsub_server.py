"""A Google Pub/Sub of the tests' own: python -m tests.support.pubsub_server PORT HTTP_PORT FILE

It speaks the service's own protocol, with the types of Google's client, and does what the shop
asks of it; what a publisher asks, it answers over HTTP, too. All that it has is in one SQLite file,
so that it is there again after a kill. It holds the pull of an empty subscription until its caller
gives up.
"""

import sqlite3
import sys
import threading
import time
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from functools import partial
from typing import Any

import grpc
from google.protobuf import empty_pb2
from google.pubsub_v1 import types

from tests.support import pubsub_http

THREADS = 64
"""Each pull that waits takes one."""

LOOK_EVERY = 0.5
"""Seconds after which a pull that waits finds a message whose deadline is over."""

TABLES = """
PRAGMA journal_mode = WAL;
PRAGMA synchronous = OFF;
CREATE TABLE IF NOT EXISTS topic (name TEXT PRIMARY KEY);
CREATE TABLE IF NOT EXISTS subscription (name TEXT PRIMARY KEY, topic TEXT, declared BLOB);
CREATE TABLE IF NOT EXISTS message (
    id INTEGER PRIMARY KEY, subscription TEXT, stored BLOB, due_at REAL, ack_id TEXT
);
CREATE INDEX IF NOT EXISTS message_due ON message (subscription, due_at);
CREATE INDEX IF NOT EXISTS message_ack ON message (ack_id);
"""


class Pubsub:
    """Its calls, by their names in the protocol. Each is alone in the database."""

    def __init__(self, file: str) -> None:
        self._file = sqlite3.connect(file, check_same_thread=False, isolation_level=None)
        self._file.executescript(TABLES)
        self._changed = threading.Condition()

    def _rows(self, sql: str, *values: Any) -> list[tuple[Any, ...]]:
        return self._file.execute(sql, values).fetchall()

    def CreateTopic(self, topic: Any, context: Any) -> Any:
        if self._rows("SELECT 1 FROM topic WHERE name = ?", topic.name):
            context.abort(grpc.StatusCode.ALREADY_EXISTS, topic.name)
        self._rows("INSERT INTO topic VALUES (?)", topic.name)
        return topic

    def GetTopic(self, request: Any, context: Any) -> Any:
        self._need_topic(request.topic, context)
        return types.Topic(name=request.topic)

    def CreateSubscription(self, wanted: Any, context: Any) -> Any:
        if self._rows("SELECT 1 FROM subscription WHERE name = ?", wanted.name):
            context.abort(grpc.StatusCode.ALREADY_EXISTS, wanted.name)
        self._need_topic(wanted.topic, context)
        declared = types.Subscription.serialize(wanted)
        values = wanted.name, wanted.topic, declared
        self._rows("INSERT INTO subscription VALUES (?, ?, ?)", *values)
        return wanted

    def GetSubscription(self, request: Any, context: Any) -> Any:
        return self._subscription(request.subscription, context)

    def DeleteSubscription(self, request: Any, context: Any) -> Any:
        self._subscription(request.subscription, context)
        self._rows("DELETE FROM message WHERE subscription = ?", request.subscription)
        self._rows("DELETE FROM subscription WHERE name = ?", request.subscription)
        return empty_pb2.Empty()

    def Publish(self, request: Any, context: Any) -> Any:
        self._need_topic(request.topic, context)
        names = self._rows("SELECT name FROM subscription WHERE topic = ?", request.topic)
        stored = []
        for message in request.messages:
            message.message_id = str(uuid.uuid4())
            message.publish_time = datetime.now(UTC)
            data = types.PubsubMessage.serialize(message)
            stored += [(name, data) for (name,) in names]
        self._rows("BEGIN")
        self._file.executemany(
            "INSERT INTO message (subscription, stored, due_at) VALUES (?, ?, 0)", stored
        )
        self._rows("COMMIT")
        self._changed.notify_all()
        return types.PublishResponse(message_ids=[one.message_id for one in request.messages])

    def Pull(self, request: Any, context: Any) -> Any:
        name = request.subscription
        deadline = self._subscription(name, context).ack_deadline_seconds
        while context.is_active() and not (found := self._due(name, request.max_messages)):
            self._changed.wait(LOOK_EVERY)
        answer = types.PullResponse()
        for pk, stored in found if context.is_active() else ():
            ack_id = str(uuid.uuid4())
            values = time.time() + deadline, ack_id, pk
            self._rows("UPDATE message SET due_at = ?, ack_id = ? WHERE id = ?", *values)
            message = types.PubsubMessage.deserialize(stored)
            answer.received_messages.append(types.ReceivedMessage(ack_id=ack_id, message=message))
        return answer

    def _due(self, name: str, most: int) -> list[tuple[Any, ...]]:
        return self._rows(
            "SELECT id, stored FROM message WHERE subscription = ? AND due_at <= ? "
            "ORDER BY due_at, id LIMIT ?",
            name, time.time(), most,
        )  # fmt: skip

    def Acknowledge(self, request: Any, context: Any) -> Any:
        self._subscription(request.subscription, context)
        for ack_id in request.ack_ids:
            self._rows("DELETE FROM message WHERE ack_id = ?", ack_id)
        return empty_pb2.Empty()

    def ModifyAckDeadline(self, request: Any, context: Any) -> Any:
        self._subscription(request.subscription, context)
        due_at = time.time() + request.ack_deadline_seconds
        for ack_id in request.ack_ids:
            self._rows("UPDATE message SET due_at = ? WHERE ack_id = ?", due_at, ack_id)
        self._changed.notify_all()
        return empty_pb2.Empty()

    def _need_topic(self, name: str, context: Any) -> None:
        if not self._rows("SELECT 1 FROM topic WHERE name = ?", name):
            context.abort(grpc.StatusCode.NOT_FOUND, name)

    def _subscription(self, name: str, context: Any) -> Any:
        found = self._rows("SELECT declared FROM subscription WHERE name = ?", name)
        if not found:
            context.abort(grpc.StatusCode.NOT_FOUND, name)
        return types.Subscription.deserialize(found[0][0])

    def alone(self, call: Callable[..., Any], message: Any, context: Any) -> Any:
        with self._changed:
            return call(message, context)

    def handler(self, call: Callable[..., Any], request: Any) -> grpc.RpcMethodHandler:
        return grpc.unary_unary_rpc_method_handler(
            partial(self.alone, call), request.deserialize, _written
        )


def _written(answer: Any) -> bytes:
    if isinstance(answer, empty_pb2.Empty):
        return answer.SerializeToString()
    return type(answer).serialize(answer)


def serve(port: int, http_port: int, file: str) -> grpc.Server:
    pubsub = Pubsub(file)
    pubsub_http.serve(pubsub, http_port)
    services = {
        "Publisher": [(pubsub.CreateTopic, types.Topic), (pubsub.Publish, types.PublishRequest)],
        "Subscriber": [
            (pubsub.CreateSubscription, types.Subscription),
            (pubsub.GetSubscription, types.GetSubscriptionRequest),
            (pubsub.DeleteSubscription, types.DeleteSubscriptionRequest),
            (pubsub.Pull, types.PullRequest),
            (pubsub.Acknowledge, types.AcknowledgeRequest),
            (pubsub.ModifyAckDeadline, types.ModifyAckDeadlineRequest),
        ],
    }
    # The service takes up to 10 MB, and gRPC by itself 4.
    options = [("grpc.max_receive_message_length", pubsub_http.LARGEST)]
    server = grpc.server(ThreadPoolExecutor(THREADS), options=options)
    for name, calls in services.items():
        handlers = {call.__name__: pubsub.handler(call, request) for call, request in calls}
        service = grpc.method_handlers_generic_handler(f"google.pubsub.v1.{name}", handlers)
        server.add_generic_rpc_handlers((service,))
    server.add_insecure_port(f"127.0.0.1:{port}")
    server.start()
    return server


if __name__ == "__main__":
    serve(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]).wait_for_termination()
