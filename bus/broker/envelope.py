"""The shape of a message of the bus: a task with ids and tokens, and no other instructions."""

import base64
from typing import Annotated
from uuid import uuid4

import msgspec
from celery import current_app

from bus import handlers
from bus.handlers import LARGEST_BATCH

LARGEST_MESSAGE = 256 * 1024

RELEASE = "bus.release"
"""The task that releases deliveries whose handler the worker does not have."""

DAY = 86_400.0

Id = Annotated[int, msgspec.Meta(ge=1, le=2**63 - 1)]
Token = Annotated[int, msgspec.Meta(ge=0, le=2**31 - 1)]
Seconds = Annotated[float, msgspec.Meta(ge=1, le=DAY)]
Short = Annotated[str, msgspec.Meta(max_length=200)]
Shown = Annotated[str, msgspec.Meta(max_length=2000)]
"""The arguments as Flower shows them; Celery cuts them at 1,024 characters."""
TaskId = Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9._-]{1,64}\Z")]
Tickets = Annotated[list[tuple[Id, Token]], msgspec.Meta(min_length=1, max_length=LARGEST_BATCH)]


class Malformed(ValueError):
    """A message does not have the shape of the relay's messages."""


class Headers(msgspec.Struct):
    """The headers of a message that Celery's worker reads.

    Those that must be None would start other tasks, or start this one at another time.
    """

    id: TaskId
    task: Short
    lang: Short
    retries: Annotated[int, msgspec.Meta(ge=0, le=1000)] = 0
    timelimit: tuple[Seconds | None, Seconds | None] = (None, None)
    argsrepr: Shown | None = None
    kwargsrepr: Shown | None = None
    origin: Short | None = None
    root_id: TaskId | None = None
    parent_id: TaskId | None = None
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


class Properties(msgspec.Struct):
    delivery_tag: str
    delivery_info: DeliveryInfo
    body_encoding: str


class Envelope(msgspec.Struct):
    """A message as it is stored in Redis."""

    body: str
    headers: Headers
    properties: Properties
    content_type: str = msgspec.field(name="content-type")
    content_encoding: str = msgspec.field(name="content-encoding")


class Embed(msgspec.Struct):
    """Celery's canvas; a message of the bus starts no other task."""

    callbacks: None = None
    errbacks: None = None
    chain: None = None
    chord: None = None


ENVELOPE = msgspec.json.Decoder(Envelope)
BODY = msgspec.json.Decoder(tuple[tuple[msgspec.Raw, ...], dict[str, msgspec.Raw], Embed])
TICKETS = msgspec.json.Decoder(Tickets)


def inspect(item: bytes, queue: str) -> bytes:
    """Refuse a message that is not one of the bus for a task of this worker.

    A handler takes deliveries; beat's tasks take no arguments; Celery's own tasks are refused.
    Deliveries of a handler that this worker does not have go to `RELEASE`: while a release is
    rolled out, workers of the old one get messages for handlers of the new one.

    Returns the message written anew from the fields that were read: a number of 5,000 digits in
    another field ended a worker. It has a new tag, so that two copies of one message are
    acknowledged separately, the queue it was found in, so that it is requeued there, and its task's
    own time limits.

    Raises:
        Malformed: with the reason, without the message's content.
    """
    envelope, args = _read(item)
    if (envelope.content_type, envelope.content_encoding) != ("application/json", "utf-8"):
        raise Malformed("it is not JSON in UTF-8")
    if envelope.properties.body_encoding != "base64":
        raise Malformed("its body is not base64")
    task = envelope.headers.task
    if task.startswith("celery."):
        raise Malformed("it names a task of Celery's own")
    if task not in current_app.tasks:
        task = envelope.headers.task = RELEASE
    known = {RELEASE, *(handler.name for handler in handlers.declared())}
    if len(args) != (task in known):
        raise Malformed("its arguments are not a list of deliveries, or it names no task")
    body = msgspec.json.encode((args, {}, Embed()))
    envelope.body = base64.b64encode(body).decode()
    envelope.headers.timelimit = (None, None)
    envelope.headers.stamps = {}
    envelope.properties = Properties(str(uuid4()), DeliveryInfo("", queue), "base64")
    return msgspec.json.encode(envelope)


def tickets_of(item: bytes) -> list[tuple[int, int]]:
    """The ids and tokens of a message as it is stored in the broker.

    Raises:
        Malformed: it is no message of the relay.
    """
    _envelope, args = _read(item)
    return [ticket for tickets in args for ticket in tickets]


def _read(item: bytes) -> tuple[Envelope, list[list[tuple[int, int]]]]:
    if len(item) > LARGEST_MESSAGE:
        raise Malformed(f"it has {len(item)} bytes")
    try:
        envelope = ENVELOPE.decode(item)
        args, kwargs, _embed = BODY.decode(base64.b64decode(envelope.body, validate=True))
        tickets = [TICKETS.decode(arg) for arg in args]
    except (ValueError, RecursionError) as error:
        raise Malformed(f"{type(error).__name__}: {error}") from error
    if kwargs:
        raise Malformed("it has named arguments")
    return envelope, tickets
