"""A message as Redis stores it: kombu's envelope around the task's headers and body."""

import base64
from uuid import uuid4

import msgspec

from bus.broker.message import LARGEST_MESSAGE, Headers, Malformed, arguments


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


ENVELOPE = msgspec.json.Decoder(Envelope)


def rewrite(item: bytes, queue: str) -> bytes:
    """Refuse what kombu could not read, and write the rest anew from the fields that were read.

    A number of 5,000 digits in another field ended a worker. The message gets a new tag, so that
    two copies of one are acknowledged separately, and the queue it was found in, so that it is
    requeued there. What it says is inspected later, as on any broker.

    Raises:
        Malformed: with the reason, without the message's content.
    """
    envelope, _body = _read(item)
    envelope.properties = Properties(str(uuid4()), DeliveryInfo("", queue), "base64")
    return msgspec.json.encode(envelope)


def tickets_of(item: bytes) -> list[tuple[int, int]]:
    """The ids and tokens of a message as it is stored in the broker.

    Raises:
        Malformed: it is no message of the relay.
    """
    _envelope, body = _read(item)
    return [ticket for tickets in arguments(body) for ticket in tickets]


def _read(item: bytes) -> tuple[Envelope, bytes]:
    if len(item) > LARGEST_MESSAGE:
        raise Malformed(f"it has {len(item)} bytes")
    try:
        envelope = ENVELOPE.decode(item)
        body = base64.b64decode(envelope.body, validate=True)
    except (ValueError, RecursionError) as error:
        raise Malformed(f"{type(error).__name__}: {error}") from error
    if envelope.properties.body_encoding != "base64":
        raise Malformed("its body is not base64")
    return envelope, body
