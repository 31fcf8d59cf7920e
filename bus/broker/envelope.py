"""The shape of a message of the bus: ids and tokens for a task, and nothing that could steer it."""

import base64
from typing import Annotated
from uuid import uuid4

import msgspec
from celery import current_app

from bus import handlers
from bus.handlers import LARGEST_BATCH

LARGEST_MESSAGE = 256 * 1024

RELEASE = "bus.release"
"""The task of every worker that makes deliveries due again whose handler it does not have."""

DAY = 86_400.0

Id = Annotated[int, msgspec.Meta(ge=1, le=2**63 - 1)]
Token = Annotated[int, msgspec.Meta(ge=0, le=2**31 - 1)]
Seconds = Annotated[float, msgspec.Meta(ge=1, le=DAY)]
Short = Annotated[str, msgspec.Meta(max_length=200)]
Shown = Annotated[str, msgspec.Meta(max_length=2000)]
"""What Flower shows of the arguments; Celery cuts it at 1,024 characters."""
TaskId = Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9._-]{1,64}\Z")]
Tickets = Annotated[list[tuple[Id, Token]], msgspec.Meta(min_length=1, max_length=LARGEST_BATCH)]


class Malformed(ValueError):
    """A message does not have the shape that the relay gives one."""


class Headers(msgspec.Struct):
    """What Celery's worker reads of a message's headers.

    What must be None would start something else, or start it at another time.
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
TICKETS = msgspec.json.Decoder(Tickets)


def inspect(item: bytes, queue: str) -> bytes:
    """Refuse what is not a message of the bus for a task that this worker knows.

    A handler takes deliveries; beat's tasks take nothing; Celery's own are nobody's to call. The
    deliveries of a handler that this worker does not have go to `RELEASE`: while a release is
    rolled out, workers of the old one get messages for handlers of the new one.

    Returns the message written anew from what was read: a number of 5,000 digits in a field that
    nobody reads ended a worker. It has a tag of its own, so that two copies of one message are
    acknowledged apart; it belongs to the queue it was found in, so that it goes back there; and it
    may take as long as its task says.

    Raises:
        Malformed: saying why, without the message's content.
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
    """The deliveries of a message as it lies in the broker, with their tokens.

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
