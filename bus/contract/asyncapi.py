"""The events as an AsyncAPI 3 document: a channel for each type, a message for each version."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from bus.contract.schemas import PERSONAL, Schema
from bus.handlers import Handler

Document = dict[str, Any]

DEFAULT_INFO = {"title": "Events", "version": "1.0.0"}
"""Messages have versions of their own."""

MEDIA_TYPE = "application/cloudevents+json"

ENVELOPE: Schema = {
    "title": "CloudEvent",
    "description": "The envelope of every event: CloudEvents 1.0 in its JSON format.",
    "type": "object",
    "properties": {
        "specversion": {"const": "1.0"},
        "id": {"type": "string", "format": "uuid", "description": "The event, at every try."},
        "source": {"type": "string", "format": "uri-reference", "description": "The publisher."},
        "type": {"type": "string", "description": "The name of the event."},
        "subject": {"type": "string", "description": "The stream: what the event is about."},
        "time": {"type": "string", "format": "date-time"},
        "datacontenttype": {"const": "application/json"},
        "dataversion": {"type": "string", "description": "The version of the event's schema."},
        "sequence": {
            "type": "string",
            "pattern": "^[0-9]+$",
            "description": "Of two events of a stream the later one has the larger number.",
        },
        "partitionkey": {"type": "string", "description": "What the order holds for: the stream."},
        "correlationid": {"type": "string", "description": "The first event of the chain."},
        "causationid": {"type": "string", "description": "The event that led to this one."},
        "traceparent": {"type": "string", "description": "W3C Trace Context."},
        "data": {"type": "object"},
    },
    "required": [
        "specversion", "id", "source", "type", "subject", "time", "datacontenttype", "dataversion",
        "sequence", "data",
    ],
}  # fmt: skip

EXAMPLE = {
    "specversion": "1.0",
    "id": "6f4f4a4e-93a4-4b5e-9f0b-3f1a0a4c2d11",
    "source": "https://example.com",
    "time": "2026-01-31T12:00:00+00:00",
    "datacontenttype": "application/json",
    "sequence": "1001",
}


class Version:
    """One version of an event: its schema, and stored samples of it by their file's name."""

    def __init__(self, event: str, number: int, schema: Schema) -> None:
        self.event, self.number, self.schema = event, number, schema
        self.samples: dict[str, tuple[str, dict[str, Any]]] = {}
        """The stream and the data of each."""

    @property
    def name(self) -> str:
        return f"{self.event}.v{self.number}"


def document(
    info: Mapping[str, Any], versions: Sequence[Version], handlers: Iterable[Handler]
) -> Document:
    """The document. Schemas of data are files beside it, in `schemas`."""
    channels: dict[str, Document] = {}
    for one in versions:
        channel = channels.setdefault(one.event, {"address": None, "messages": {}})
        channel["description"] = one.schema.get("description", "")
        channel["messages"][one.name] = {"$ref": f"#/components/messages/{one.name}"}
    sent = {f"publish.{name}": _operation("send", name) for name in channels}
    received = {
        one.name: _operation("receive", one.event_type.__name__, one.function.__doc__ or "")
        for one in sorted(handlers, key=lambda one: one.name)
    }
    return {
        "asyncapi": "3.0.0",
        "info": dict(info),
        "defaultContentType": MEDIA_TYPE,
        "channels": channels,
        "operations": sent | received,
        "components": {
            "schemas": {"CloudEvent": ENVELOPE},
            "messages": {one.name: _message(one) for one in versions},
        },
    }


def _operation(action: str, channel: str, explained: str = "") -> Document:
    summary = " ".join(explained.partition("\n\n")[0].split())
    return {
        "action": action,
        "channel": {"$ref": f"#/channels/{channel}"},
        **({"summary": summary} if summary else {}),
    }


def _message(version: Version) -> Document:
    told = {"type": version.event, "dataversion": str(version.number)}
    ours = {name: {"const": value} for name, value in told.items()}
    data = {"$ref": f"schemas/{version.name}.json"}
    personal = [name for name, one in version.schema["properties"].items() if PERSONAL in one]
    return {
        "name": version.event,
        "title": f"{version.event}, version {version.number}",
        "contentType": MEDIA_TYPE,
        "payload": {
            "allOf": [
                {"$ref": "#/components/schemas/CloudEvent"},
                {"type": "object", "properties": {**ours, "data": data}},
            ]
        },
        **({PERSONAL: personal} if personal else {}),
        "examples": [
            {"name": name, "payload": {**EXAMPLE, **told, "subject": stream, "data": data}}
            for name, (stream, data) in sorted(version.samples.items())
        ],
    }
