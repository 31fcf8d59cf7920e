"""The calls of Google Pub/Sub that the bus makes, by one gRPC connection.

`python -m bus.broker.pubsub_service PROJECT` finds out whether it answers.
"""

import os
import re
import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

# Read when gRPC is loaded. A worker forks whenever it replaces a process of its pool, while its
# threads call gRPC: with gRPC's own handlers around forks such a child hung in them for ever.
# Without them a child that calls gRPC ends at once, and the processes of a pool never call it.
os.environ.setdefault("GRPC_ENABLE_FORK_SUPPORT", "false")

import grpc
from google.api_core.gapic_v1.routing_header import to_grpc_metadata
from google.auth.exceptions import GoogleAuthError
from google.pubsub_v1 import types
from google.pubsub_v1.services.publisher.transports import (
    PublisherGrpcTransport,
)
from google.pubsub_v1.services.subscriber.transports import (
    SubscriberGrpcTransport,
)

from bus.broker.service_error import ServiceError

WITHIN = 2.0
"""Seconds for which an answer is waited for. None is tried again here: the relay and the workers do
so, and say what they wait for."""

PULL_WITHIN = 10.0
"""Seconds for which the service may hold a pull of an empty queue."""

ACK_WITHIN = timedelta(seconds=60)
"""A message that is not acknowledged by then comes to another worker, a long batch's among them:
the token fences the copy."""

KEPT_FOR = timedelta(minutes=10)
"""The shortest that Pub/Sub allows. The relay sends deliveries anew after a lease of two minutes:
the queue of a worker that is away holds five copies at most."""

QUARANTINE_KEPT_FOR = timedelta(days=7)

OPTIONS = [
    # Without the waits that an earlier connection has come to.
    ("grpc.use_local_subchannel_pool", 1),
    # A pull that is refused for its size comes again for ever; the guard refuses large messages.
    ("grpc.max_receive_message_length", -1),
]

ANSWERS = {
    grpc.StatusCode.INVALID_ARGUMENT,
    grpc.StatusCode.NOT_FOUND,
    grpc.StatusCode.PERMISSION_DENIED,
    grpc.StatusCode.UNAUTHENTICATED,
    grpc.StatusCode.FAILED_PRECONDITION,
}
"""What does not come right by itself."""


class Service:
    """A connection to the topics and subscriptions of a project: for each queue one of both.

    With an `emulator`, a host and a port, it is that of an emulator, by default the one that
    PUBSUB_EMULATOR_HOST names. It may be used by several threads. It must not be used in a fork.

    Raises:
        ServiceError: there are no credentials.
    """

    def __init__(self, project: str, prefix: str, emulator: str = "") -> None:
        self._project, self._prefix = project, prefix
        with errors():
            self._wire = _connect(emulator or os.environ.get("PUBSUB_EMULATOR_HOST", ""))
        topics = PublisherGrpcTransport(channel=self._wire)
        self._publisher, self._subscriber = topics, SubscriberGrpcTransport(channel=self._wire)

    def declare(self, queue: str, kept_for: timedelta = KEPT_FOR) -> None:
        """Make the queue's topic and subscription unless they are there.

        Raises:
            ServiceError: the service does not answer, or refuses.
        """
        topic, subscription = self._topic(queue), self._subscription(queue)
        found = self._found(subscription)
        if found is not None and found.topic == topic:
            return
        if found is not None:  # of a topic that was deleted, it gets nothing any more
            request = types.DeleteSubscriptionRequest(subscription=subscription)
            self._done(self._subscriber.delete_subscription, request, "subscription")
        self._made(self._publisher.create_topic, types.Topic(name=topic))
        wanted = types.Subscription(
            name=subscription,
            topic=topic,
            ack_deadline_seconds=int(ACK_WITHIN.total_seconds()),
            message_retention_duration=kept_for,
            # Without a time to live it never expires; by default it does after a month of rest.
            expiration_policy=types.ExpirationPolicy(),
        )
        self._made(self._subscriber.create_subscription, wanted)

    def ping(self) -> None:
        """Find out whether the service answers; what it answers does not matter.

        Raises:
            ServiceError: it does not answer, or refuses.
        """
        self._found(self._subscription("ping"))

    def publish(self, messages: Iterable[tuple[str, bytes]]) -> None:
        """Publish to queues, all at once; returns when the service has stored all of it.

        Raises:
            ServiceError: some of it may not have been stored.
        """
        by_topic: dict[str, list[types.PubsubMessage]] = defaultdict(list)
        for queue, data in messages:
            by_topic[self._topic(queue)].append(types.PubsubMessage(data=data))
        calls = [
            self._call(
                self._publisher.publish,
                types.PublishRequest(topic=topic, messages=together),
                "topic",
            )
            for topic, together in by_topic.items()
        ]
        with errors():
            for call in calls:
                call.result()

    def pull(self, queue: str, most: int, *, within: float = PULL_WITHIN) -> Any:
        """Begin to wait for up to so many messages; returns gRPC's future of a PullResponse.

        gRPC cancels a future that is dropped.
        """
        request = types.PullRequest(subscription=self._subscription(queue), max_messages=most)
        return self._call(self._subscriber.pull, request, "subscription", within)

    def acknowledge(self, queue: str, ids: list[str]) -> Any:
        """Begin to acknowledge; returns gRPC's future."""
        request = types.AcknowledgeRequest(subscription=self._subscription(queue), ack_ids=ids)
        return self._call(self._subscriber.acknowledge, request, "subscription")

    def release(self, queue: str, ids: list[str]) -> Any:
        """Begin to give messages back, for whoever pulls next; returns gRPC's future."""
        request = types.ModifyAckDeadlineRequest(
            subscription=self._subscription(queue), ack_ids=ids, ack_deadline_seconds=0
        )
        return self._call(self._subscriber.modify_ack_deadline, request, "subscription")

    def close(self) -> None:
        """Close the connection; what it waits for is cancelled."""
        self._wire.close()

    def _found(self, subscription: str) -> Any:
        request = types.GetSubscriptionRequest(subscription=subscription)
        try:
            return self._done(self._subscriber.get_subscription, request, "subscription")
        except ServiceError as error:
            if error.status == grpc.StatusCode.NOT_FOUND.name:
                return None
            raise

    def _made(self, method: Any, wanted: Any) -> None:
        try:
            self._done(method, wanted, "name")
        except ServiceError as error:
            if error.status != grpc.StatusCode.ALREADY_EXISTS.name:
                raise

    def _done(self, method: Any, request: Any, routed_by: str) -> Any:
        with errors():
            return self._call(method, request, routed_by).result()

    @staticmethod
    def _call(method: Any, request: Any, routed_by: str, within: float = WITHIN) -> Any:
        route = to_grpc_metadata([(routed_by, getattr(request, routed_by))])
        return method.future(request, timeout=within, metadata=[route])

    def _topic(self, queue: str) -> str:
        return f"projects/{self._project}/topics/{self._name(queue)}"

    def _subscription(self, queue: str) -> str:
        return f"projects/{self._project}/subscriptions/{self._name(queue)}"

    def _name(self, queue: str) -> str:
        """Letters, digits and few signs are allowed, and a colon is none of them."""
        return re.sub(r"[^\w.~+%-]", "-", f"{self._prefix}{queue}", flags=re.ASCII)


def _connect(emulator: str) -> grpc.Channel:
    if emulator:
        return grpc.insecure_channel(emulator, options=OPTIONS)
    return PublisherGrpcTransport.create_channel(options=OPTIONS)


@contextmanager
def errors() -> Iterator[None]:
    """What goes wrong is a `ServiceError`."""
    try:
        yield
    except grpc.RpcError as error:
        status = error.code()
        raise ServiceError(status.name, refused=status in ANSWERS) from None
    except grpc.FutureCancelledError:
        raise ServiceError(grpc.StatusCode.CANCELLED.name) from None
    except ValueError:  # gRPC's word for a connection that is closed
        raise ServiceError("CLOSED") from None
    except GoogleAuthError as error:
        raise ServiceError(type(error).__name__, refused=True) from None


if __name__ == "__main__":
    try:
        Service(sys.argv[1], "").ping()
    except ServiceError as refusal:
        sys.exit(refusal.status)
