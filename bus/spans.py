"""Spans: what is done and for how long, for a tracing system, if the project records them."""

import time
from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Protocol, Self


class Kind(StrEnum):
    """The role of a span (OpenTelemetry, *SpanKind*)."""

    SERVER = "server"
    PRODUCER = "producer"
    CONSUMER = "consumer"
    CLIENT = "client"


class Span(Protocol):
    """A span that has begun."""

    @property
    def traceparent(self) -> str:
        """The trace and this span (W3C Trace Context), for what follows from it."""

    def rename(self, name: str) -> None: ...

    def set(self, attributes: Mapping[str, Any]) -> None:
        """Add to its attributes, which name no person."""

    def fail(self, kind: str) -> None:
        """It has failed with an error of this kind. Its text may hold personal data."""


class Recorder(Protocol):
    """What records spans. It raises nothing, and does not wait for where it sends them."""

    def span(
        self, name: str, kind: Kind, parent: str, attributes: Mapping[str, Any]
    ) -> AbstractContextManager[Span]: ...

    def record(
        self, name: str, kind: Kind, parent: str, began_at: float, attributes: Mapping[str, Any]
    ) -> None: ...

    def flush(self) -> None: ...


@dataclass
class NotRecorded:
    """A span where nothing records: what follows belongs to the trace of its parent."""

    traceparent: str

    def rename(self, name: str) -> None: ...

    def set(self, attributes: Mapping[str, Any]) -> None: ...

    def fail(self, kind: str) -> None: ...

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None: ...


_recorders: list[Recorder] = []


def record_with(recorder: Recorder | None) -> None:
    """Let that one record the spans of this process and of those that it forks."""
    _recorders[:] = [recorder] if recorder else []


def are_recorded() -> bool:
    """Whether it is worth while to read what only a span needs."""
    return bool(_recorders)


def span(
    name: str, kind: Kind, parent: str = "", attributes: Mapping[str, Any] | None = None
) -> AbstractContextManager[Span]:
    """A span of what is done inside. `parent` is a traceparent; if it is empty, the span belongs to
    that around it. An error that leaves it marks it as failed, by its kind."""
    if not _recorders:
        return NotRecorded(parent)
    return _recorders[0].span(name, kind, parent, attributes or {})


def record(
    name: str, kind: Kind, parent: str, began_at: float, attributes: Mapping[str, Any]
) -> None:
    """Record what began then, by `time.time`, and has just ended."""
    for recorder in _recorders:
        recorder.record(name, kind, parent, min(began_at, time.time()), attributes)


def flush() -> None:
    """Send what is recorded; a process that is about to end calls it."""
    for recorder in _recorders:
        recorder.flush()
