"""Logging, the same in every process: one line for each message, without personal data."""

import logging
import re
from http import HTTPStatus
from types import TracebackType
from typing import Any

from django.core.exceptions import ImproperlyConfigured

from bus.redaction import discreet, kinds
from shop import links

ExcInfo = tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]


SELDOM = 10.0
"""Seconds in which messages that are alike are written once."""

NUMBERS = re.compile(r"0x[0-9a-f]+|\d+")


class Seldom(logging.Filter):
    """Passes a message once in `SELDOM` seconds, with the number of those left out since.

    Strangers must not be able to fill the disk by what they do to a socket. Messages are alike if
    their first lines differ in numbers alone, which identify tasks, objects and sockets.
    """

    def __init__(self) -> None:
        super().__init__()
        self.seen: dict[str, tuple[float, int]] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        about = record.exc_info[0] if record.exc_info else None
        first_line = NUMBERS.sub("", str(record.msg).partition("\n")[0])
        like = f"{record.name} {first_line} {about}"
        at, left_out = self.seen.get(like, (-SELDOM, 0))
        if record.created - at < SELDOM:
            self.seen[like] = (at, left_out + 1)
            return False
        self.seen[like] = (record.created, 0)
        if left_out:
            record.msg = f"{record.getMessage()} (and {left_out} more like it)"
            record.args = ()
        return True


class Formatter(logging.Formatter):
    """Writes the kind of an error and where it happened, but not its text.

    The text may hold personal data. The browser shows it under DEBUG, and the ledger keeps that
    of a failed delivery.
    """

    def format(self, record: logging.LogRecord) -> str:
        # Another handler may have put the complete text here.
        record.exc_text = None
        return super().format(record)

    def formatMessage(self, record: logging.LogRecord) -> str:
        record.message = links.masked(discreet(record.message))
        return super().formatMessage(record)

    def formatException(self, ei: ExcInfo) -> str:
        return kinds(ei[1]).rstrip("\n") if ei[1] else ""


CORRECTED = {HTTPStatus.CONFLICT, HTTPStatus.UNPROCESSABLE_ENTITY}
"""Answers that tell whoever filled in a form, or calls the API, what to change."""


def refusals_in_one_line(record: logging.LogRecord) -> bool:
    """Leave out what its sender corrects, and the traceback of any other refused request (4xx)."""
    if record.levelno < logging.ERROR:
        record.exc_info = None
    return getattr(record, "status_code", None) not in CORRECTED


FORMATS = ("console", "json")


def logging_as(chosen: str) -> dict[str, Any]:
    """Django's LOGGING: lines for people, or JSON.

    Raises:
        ImproperlyConfigured: there is no such format.
    """
    if chosen not in FORMATS:
        raise ImproperlyConfigured(f"LOG_FORMAT is {chosen!r}; set it to {' or '.join(FORMATS)}.")
    if chosen == "json":
        return LOGGING | {"formatters": {"line": {"()": "config.json_logs.JsonFormatter"}}}
    return LOGGING


LOGGING: dict[str, Any] = {
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
        # Its own handler, which it has under DEBUG, would write every line twice.
        "django": {"handlers": [], "level": "INFO"},
        "django.request": {"filters": ["refusals"]},
        # The bus logs the outcome of each message, so that Celery need not.
        "celery": {"level": "WARNING"},
        "kombu": {"level": "WARNING"},
        "httpx": {"level": "WARNING"},
        "httpcore": {"level": "WARNING"},
        # The logger of Celery's pool, which does not propagate.
        "multiprocessing": {"handlers": ["console"], "level": "WARNING"},
        # Its own handlers would write the texts of errors. Its access log would hold what staff
        # search for, which may be a customer.
        "uvicorn": {"handlers": [], "level": "INFO", "propagate": True},
        "uvicorn.error": {"filters": ["seldom"], "level": "INFO"},
        "asyncio": {"filters": ["seldom"], "level": "WARNING"},
        "uvicorn.access": {"handlers": [], "level": "WARNING", "propagate": True},
    },
}
