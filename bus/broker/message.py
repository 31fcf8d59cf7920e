"""What a message of the bus says, on any broker: a task with ids and tokens, nothing else."""

from typing import Annotated, Any

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


class Embed(msgspec.Struct):
    """Celery's canvas; a message of the bus starts no other task."""

    callbacks: None = None
    errbacks: None = None
    chain: None = None
    chord: None = None


BODY = msgspec.json.Decoder(tuple[tuple[msgspec.Raw, ...], dict[str, msgspec.Raw], Embed])
TICKETS = msgspec.json.Decoder(Tickets)


def inspect(
    headers: Any, body: Any, content_type: str | None, content_encoding: str | None
) -> tuple[dict[str, Any], bytes]:
    """Refuse a message that is not one of the bus for a task of this worker.

    A handler takes deliveries; beat's tasks take no arguments; Celery's own tasks are refused.
    Deliveries of a handler that this worker does not have go to `RELEASE`: while a release is
    rolled out, workers of the old one get messages for handlers of the new one.

    Returns the headers and the body, written anew from the fields that were read. The time limits
    are those of the task.

    Raises:
        Malformed: with the reason, without the message's content.
    """
    # Some clients write encodings in capitals.
    if content_type != "application/json" or str(content_encoding).lower() != "utf-8":
        raise Malformed("it is not JSON in UTF-8")
    try:
        head = msgspec.convert(headers, Headers)
    except (ValueError, RecursionError) as error:
        raise Malformed(f"{type(error).__name__}: {error}") from error
    args = arguments(body)
    if head.task.startswith("celery."):
        raise Malformed("it names a task of Celery's own")
    if head.task not in current_app.tasks:
        head.task = RELEASE
    known = {RELEASE, *(handler.name for handler in handlers.declared())}
    if len(args) != (head.task in known):
        raise Malformed("its arguments are not a list of deliveries, or it names no task")
    head.timelimit = (None, None)
    head.stamps = {}
    return msgspec.to_builtins(head), msgspec.json.encode((args, {}, Embed()))


def arguments(body: Any) -> list[list[tuple[int, int]]]:
    """The arguments of the task: lists of deliveries, as ids with tokens.

    Raises:
        Malformed: they are others, or the body is none of a task.
    """
    if not isinstance(body, str | bytes):
        raise Malformed(f"its body is a {type(body).__name__}")
    if len(body) > LARGEST_MESSAGE:
        raise Malformed(f"its body has {len(body)} bytes")
    try:
        args, kwargs, _embed = BODY.decode(body)
        tickets = [TICKETS.decode(arg) for arg in args]
    except (ValueError, RecursionError) as error:
        raise Malformed(f"{type(error).__name__}: {error}") from error
    if kwargs:
        raise Malformed("it has named arguments")
    return tickets
