"""How a log line looks, in every process: one line, and nobody's name in it."""

import logging
from types import TracebackType

from bus.discretion import discreet, kinds

ExcInfo = tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]


class Formatter(logging.Formatter):
    """Shows the kind of an error and where it happened, but not what it says.

    Under DEBUG the browser shows that; the ledger has it for what a subscription failed with.
    """

    def format(self, record: logging.LogRecord) -> str:
        # Another handler may have left the whole text here.
        record.exc_text = None
        return super().format(record)

    def formatMessage(self, record: logging.LogRecord) -> str:
        record.message = discreet(record.message)
        return super().formatMessage(record)

    def formatException(self, ei: ExcInfo) -> str:
        return kinds(ei[1]).rstrip("\n") if ei[1] else ""
