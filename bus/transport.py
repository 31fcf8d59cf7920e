"""A Redis transport that looks at each message before Celery does.

Stock Celery loops, or exits with the message lost, over several kinds of malformed messages. Here
what does not have the shape that the relay gives a message goes to a quarantine list instead.
"""

import base64
import logging
from typing import Annotated, Any

import msgspec
import redis
from celery import current_app
from kombu.transport.redis import Channel as RedisChannel
from kombu.transport.redis import Transport as RedisTransport

from bus import registry

log = logging.getLogger(__name__)

QUARANTINE = "bus:quarantine"
MOST_KEPT = 1000
LARGEST_MESSAGE = 256 * 1024

Id = Annotated[int, msgspec.Meta(ge=1, le=2**63 - 1)]
Token = Annotated[int, msgspec.Meta(ge=0, le=2**31 - 1)]
Seconds = Annotated[float, msgspec.Meta(ge=1)]
TICKETS = msgspec.json.Decoder(list[tuple[Id, Token]])


class Headers(msgspec.Struct):
    """What Celery's worker reads of a message's headers, and nothing that could steer it.

    The worker gets these alone: what else a message has is dropped on the way.
    """

    id: str
    task: str
    lang: str
    retries: Annotated[int, msgspec.Meta(ge=0)] = 0
    timelimit: tuple[Seconds | None, Seconds | None] = (None, None)
    argsrepr: str | None = None
    kwargsrepr: str | None = None
    origin: str | None = None
    root_id: str | None = None
    parent_id: str | None = None
    ignore_result: bool | None = None
    eta: None = None
    expires: None = None
    group: None = None
    group_index: None = None
    shadow: None = None
    compression: None = None
    stamps: dict[str, None] = {}
    stamped_headers: None = None


class DeliveryInfo(msgspec.Struct):
    exchange: str
    routing_key: str
    redelivered: bool = False


class Properties(msgspec.Struct):
    delivery_tag: str
    delivery_info: DeliveryInfo
    body_encoding: str
    correlation_id: str | None = None
    reply_to: str | None = None
    priority: int = 0


class Envelope(msgspec.Struct):
    """A message as it lies in Redis."""

    body: str
    headers: Headers
    properties: Properties
    content_type: str = msgspec.field(name="content-type")
    content_encoding: str = msgspec.field(name="content-encoding")


class Embed(msgspec.Struct):
    """Celery's canvas; a message of the bus starts nothing else."""

    callbacks: None = None
    errbacks: None = None
    chain: None = None
    chord: None = None


ENVELOPE = msgspec.json.Decoder(Envelope)
BODY = msgspec.json.Decoder(tuple[tuple[msgspec.Raw, ...], dict[str, msgspec.Raw], Embed])


class Malformed(ValueError):
    """A message does not have the shape that the relay gives one."""


def inspect(item: bytes) -> bytes:
    """Refuse what is not a message of the bus for a task that this worker knows.

    A reaction takes deliveries; beat's tasks take nothing; Celery's own are nobody's to call.
    Returns the message without what is unknown in it: a number of 5,000 digits in a field that
    nobody reads ended a worker.

    Raises:
        Malformed: saying why, without the message's content.
    """
    if len(item) > LARGEST_MESSAGE:
        raise Malformed(f"it has {len(item)} bytes")
    try:
        envelope = ENVELOPE.decode(item)
        args, kwargs, _embed = BODY.decode(base64.b64decode(envelope.body, validate=True))
        task = envelope.headers.task
        reacts = task in {reaction.name for reaction in registry.reactions()}
        if kwargs or len(args) != reacts:
            raise Malformed("its arguments are not a list of deliveries")
        for tickets in args:
            TICKETS.decode(tickets)
    except Malformed:
        raise
    except (ValueError, RecursionError) as error:
        raise Malformed(f"{type(error).__name__}: {error}") from error
    if (envelope.content_type, envelope.content_encoding) != ("application/json", "utf-8"):
        raise Malformed("it is not JSON in UTF-8")
    if envelope.properties.body_encoding != "base64":
        raise Malformed("its body is not base64")
    if task not in current_app.tasks or task.startswith("celery."):
        raise Malformed("it names a task that this worker does not have")
    return msgspec.json.encode(envelope)


def _task_queues() -> set[str]:
    """The queues that carry tasks; workers also answer each other, in shapes of their own."""
    return {reaction.queue.name for reaction in registry.reactions()}


class Channel(RedisChannel):
    """Hands on what `inspect` lets through."""

    def _create_client(self, asynchronous: bool = False) -> redis.Redis:
        kombu: Any = super()
        client: redis.Redis = kombu._create_client(asynchronous=asynchronous)
        client.set_response_callback("BRPOP", self._popped)
        return client

    def _popped(self, reply: list[bytes] | None, **_options: Any) -> tuple[bytes, bytes] | None:
        if not reply:
            return None
        queue, item = reply
        if queue.decode().split(self.sep)[0] not in _task_queues():
            return queue, item
        try:
            return queue, inspect(item)
        except Malformed as error:
            self._quarantine(queue, item, error)
            return None

    def _quarantine(self, queue: bytes, item: bytes, error: Malformed) -> None:
        log.error("a message in queue %s went to %s: %s", queue.decode(), QUARANTINE, error)
        with self.conn_or_acquire() as client:
            pipe = client.pipeline()
            pipe.lpush(QUARANTINE, item)
            pipe.ltrim(QUARANTINE, 0, MOST_KEPT - 1)
            pipe.execute()


class Transport(RedisTransport):
    """Redis, guarded."""

    Channel = Channel
