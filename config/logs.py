"""What is logged, in every process: one line for each message, and nobody's name in it."""

import logging
import re
from types import TracebackType

from bus.discretion import discreet, kinds
from shop import links

ExcInfo = tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]


SELDOM = 10.0
"""Seconds in which a server's complaint is written once, however often it is made."""

NUMBERS = re.compile(r"0x[0-9a-f]+|\d+")


class Seldom(logging.Filter):
    """Lets a message through once in `SELDOM`, with how many like it were left out since.

    What strangers do to a socket must not be able to fill the disk with lines about it. Alike is
    what begins with the same line but for its numbers: those of tasks, objects and sockets differ.
    """

    def __init__(self) -> None:
        super().__init__()
        self._said: dict[str, tuple[float, int]] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        about = record.exc_info[0] if record.exc_info else None
        first_line = NUMBERS.sub("", str(record.msg).partition("\n")[0])
        like = f"{record.name} {first_line} {about}"
        at, left_out = self._said.get(like, (-SELDOM, 0))
        if record.created - at < SELDOM:
            self._said[like] = (at, left_out + 1)
            return False
        self._said[like] = (record.created, 0)
        if left_out:
            record.msg = f"{record.getMessage()} (and {left_out} more like it)"
            record.args = ()
        return True


class Formatter(logging.Formatter):
    """Shows the kind of an error and where it happened, but not what it says.

    Under DEBUG the browser shows that; the ledger has it for what a subscription failed with.
    """

    def format(self, record: logging.LogRecord) -> str:
        # Another handler may have left the whole text here.
        record.exc_text = None
        return super().format(record)

    def formatMessage(self, record: logging.LogRecord) -> str:
        record.message = links.masked(discreet(record.message))
        return super().formatMessage(record)

    def formatException(self, ei: ExcInfo) -> str:
        return kinds(ei[1]).rstrip("\n") if ei[1] else ""


def refusals_in_one_line(record: logging.LogRecord) -> bool:
    """Take the traceback off a refused request (4xx): refusing is an answer and no fault."""
    if record.levelno < logging.ERROR:
        record.exc_info = None
    return True


LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "line": {
            "class": "config.logs.Formatter",
            "format": "%(asctime)s %(levelname)-7s %(name)s: %(message)s",
        }
    },
    "filters": {
        "refusals": {
            "()": "django.utils.log.CallbackFilter",
            "callback": refusals_in_one_line,
        },
        "seldom": {"()": "config.logs.Seldom"},
    },
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": "INFO"},
    "loggers": {
        # Its own handler, which it has under DEBUG, would say everything twice.
        "django": {"handlers": [], "level": "INFO"},
        "django.request": {"filters": ["refusals"]},
        # The bus says what became of a message, so Celery need not say it too.
        "celery": {"level": "WARNING"},
        "kombu": {"level": "WARNING"},
        "httpx": {"level": "WARNING"},
        "httpcore": {"level": "WARNING"},
        # What Celery's pool says goes nowhere else.
        "multiprocessing": {"handlers": ["console"], "level": "WARNING"},
        # Its own handlers would show what errors say; and addresses of pages hold what staff
        # search for, which may be a customer.
        "uvicorn": {"handlers": [], "level": "INFO", "propagate": True},
        "uvicorn.error": {"filters": ["seldom"], "level": "INFO"},
        "asyncio": {"filters": ["seldom"], "level": "WARNING"},
        "uvicorn.access": {"handlers": [], "level": "WARNING", "propagate": True},
    },
}
