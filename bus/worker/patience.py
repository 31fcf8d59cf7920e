"""Waiting out a database that does not answer, with the message still in hand."""

import logging
import time
from collections.abc import Callable
from contextlib import suppress
from typing import TypeVar

from django.db import InterfaceError, InternalError, OperationalError, close_old_connections

log = logging.getLogger(__name__)

T = TypeVar("T")

DATABASE_TROUBLE = (OperationalError, InterfaceError, InternalError)
"""Lost connection, deadlock, lock time-out: transient for every subscription. As an *internal*
error comes what PostgreSQL says to somebody who was idle in a transaction for too long."""

PAUSES = (0.2, 1.0, *[2.0] * 8)
"""Seconds: a database is started again in less. What is not written down then waits for its lease,
and a message that is given up for want of a database would leave its place to the next one."""


def patiently(write: Callable[[], T], on: tuple[type[Exception], ...] = DATABASE_TROUBLE) -> T:
    """Do one transaction, and again on a new connection after trouble with the database.

    `write` must find out by itself what is still to do: a commit that failed may have happened.

    Raises:
        the last trouble, when all pauses are over.
    """
    for pause in (*PAUSES, None):
        try:
            return write()
        except on as error:
            if pause is None:
                raise
            log.warning("the ledger is written again after %s", type(error).__name__)
            _wait(pause, on)
            close_old_connections()
    raise AssertionError("the last try returns or raises")


def _wait(seconds: float, on: tuple[type[Exception], ...]) -> None:
    # The soft time limit may strike here as well as in what is waited for.
    with suppress(*on):
        time.sleep(seconds)
