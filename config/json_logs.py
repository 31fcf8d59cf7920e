"""Log lines as JSON: the message without personal data, and the ids of what is being done."""

from typing import Any

from structlog.processors import EventRenamer, JSONRenderer, TimeStamper
from structlog.stdlib import ProcessorFormatter, add_log_level, add_logger_name
from structlog.typing import EventDict

from bus.context import ids
from bus.redaction import discreet, kinds
from shop import links


class JsonFormatter(ProcessorFormatter):
    """One object in each line, with the same redaction as `config.logs.Formatter`.

    `order` is the stream: that of an order has the order's number as its name.
    """

    def __init__(self) -> None:
        super().__init__(
            foreign_pre_chain=[
                TimeStamper(fmt="iso", key="at"),
                add_log_level,
                add_logger_name,
            ],
            processors=[
                ProcessorFormatter.remove_processors_meta,
                redacted,
                # Before the ids, among which *event* is another thing.
                EventRenamer("message"),
                with_ids,
                JSONRenderer(ensure_ascii=False),
            ],
        )


def redacted(_logger: Any, _level: str, line: EventDict) -> EventDict:
    """The message without addresses and rows, and an error by its kind and place."""
    line["event"] = links.masked(discreet(line["event"]))
    line.pop("stack_info", None)
    error = line.pop("exc_info", (None, None, None))[1]
    if error:
        line["error"] = kinds(error).rstrip("\n")
    return line


def with_ids(_logger: Any, _level: str, line: EventDict) -> EventDict:
    found = ids()
    if "stream" in found:
        found["order"] = found.pop("stream")
    return {**line, **found}
