"""Spans by OpenTelemetry, sent to a collector. Imported only where they are recorded."""

import os
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanProcessor
from opentelemetry.trace import SpanKind, Status, StatusCode
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from bus import spans
from bus.redaction import class_path
from bus.spans import Kind

SENT_EVERY = 1000
"""Milliseconds. A process of a pool that is killed loses the spans of so long."""

FLUSHED_WITHIN = 2000
"""Milliseconds for which a process that ends waits for the collector."""

KINDS = {kind: SpanKind[kind.name] for kind in Kind}
PROPAGATOR = TraceContextTextMapPropagator()


def record(endpoint: str) -> None:
    """Record the spans of this process and of those that it forks."""
    exporter = f"{endpoint}/v1/traces"
    spans.record_with(
        Recorder(
            lambda: BatchSpanProcessor(
                OTLPSpanExporter(endpoint=exporter), schedule_delay_millis=SENT_EVERY
            )
        )
    )


class OpenSpan:
    """A span of OpenTelemetry that has begun."""

    def __init__(self, span: trace.Span) -> None:
        self._span = span

    @property
    def traceparent(self) -> str:
        found = self._span.get_span_context()
        return f"00-{found.trace_id:032x}-{found.span_id:016x}-{found.trace_flags:02x}"

    def rename(self, name: str) -> None:
        self._span.update_name(name)

    def set(self, attributes: Mapping[str, Any]) -> None:
        self._span.set_attributes(dict(attributes))

    def fail(self, kind: str) -> None:
        self._span.set_attribute("error.type", kind)
        self._span.set_status(Status(StatusCode.ERROR, kind))


class Recorder:
    """Begins with the first span of a process: a thread and a connection survive no fork."""

    def __init__(self, processor: Callable[[], SpanProcessor]) -> None:
        self._processor = processor
        self._begin_anew()
        os.register_at_fork(after_in_child=self._begin_anew)

    def _begin_anew(self) -> None:
        self._lock = threading.Lock()
        self._provider: TracerProvider | None = None

    def _tracer(self) -> trace.Tracer:
        with self._lock:
            if self._provider is None:
                self._provider = TracerProvider(resource=resource())
                self._provider.add_span_processor(self._processor())
            return self._provider.get_tracer("shop")

    @contextmanager
    def span(
        self, name: str, kind: Kind, parent: str, attributes: Mapping[str, Any]
    ) -> Iterator[OpenSpan]:
        with self._tracer().start_as_current_span(
            name,
            context=_context_of(parent, kind),
            kind=KINDS[kind],
            attributes=dict(attributes),
            # The SDK's own would hold the texts of errors.
            record_exception=False,
            set_status_on_exception=False,
        ) as span:
            found = OpenSpan(span)
            try:
                yield found
            except BaseException as error:
                found.fail(class_path(error))
                raise

    def record(
        self, name: str, kind: Kind, parent: str, began_at: float, attributes: Mapping[str, Any]
    ) -> None:
        span = self._tracer().start_span(
            name,
            context=_context_of(parent, kind),
            kind=KINDS[kind],
            attributes=dict(attributes),
            start_time=int(began_at * 1e9),
        )
        span.end(time.time_ns())

    def flush(self) -> None:
        if self._provider is not None:
            self._provider.force_flush(FLUSHED_WITHIN)


def resource() -> Resource:
    """What the spans are of: the shop, unless OTEL_SERVICE_NAME has another name."""
    name = {} if os.environ.get("OTEL_SERVICE_NAME") else {"service.name": "shop"}
    return Resource.create({**name, "process.pid": os.getpid()})


def _context_of(parent: str, kind: Kind) -> Context | None:
    """None: that of the span around it. A request without a parent begins a trace."""
    if parent:
        return PROPAGATOR.extract({"traceparent": parent}, Context())
    return Context() if kind == Kind.SERVER else None
