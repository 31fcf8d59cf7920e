"""The one connection that a process keeps to a destination."""

import os
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Protocol

from outlets.cloudevents import CloudEvent
from outlets.destinations.errors import DestinationUnavailable

IDLE = 60
"""Seconds after which an unused connection is closed: firewalls drop idle ones without a word, and
a NATS server ends those that do not answer its pings."""


class Connection(Protocol):
    """An open connection."""

    def send(self, event: CloudEvent) -> None:
        """Return once the destination has confirmed that it has the event.

        Raises:
            DestinationUnavailable: it has not confirmed it.
            DestinationRefused: it will never take this event.
        """

    def close(self) -> None:
        """Let go of it; called once."""


class Kept:
    """A connection that is opened when it is needed, and kept.

    After an error it is given up, since what is unconfirmed on it could be sent after what comes
    next. A forked process opens its own, and leaves alone the one of its parent.
    """

    def __init__(self, connect: Callable[[], Connection]) -> None:
        self._connect = connect
        self._open: Connection | None = None
        self._pid = 0
        self._used = 0.0
        self._of_parents: list[Connection | None] = []

    def ready(self) -> "Kept":
        """Open it, unless it is open.

        Raises:
            DestinationUnavailable: it cannot be opened, whatever the reason: a file that is missing
                on this machine or a wrong setting is corrected while the events wait.
        """
        self._connected()
        return self

    def send(self, event: CloudEvent) -> None:
        """As `Connection.send`."""
        connection = self._connected()
        try:
            connection.send(event)
        except BaseException:
            self.close()
            raise
        self._used = time.monotonic()

    def close(self) -> None:
        """Close it if it is open; what cannot be closed is forgotten."""
        connection, self._open = self._open, None
        if connection is not None:
            with suppress(Exception):
                connection.close()

    def _connected(self) -> Connection:
        if self._pid != os.getpid():
            # Kept, since a destructor would talk to the threads and sockets of the parent.
            self._of_parents.append(self._open)
            self._open, self._pid = None, os.getpid()
        if time.monotonic() - self._used > IDLE:
            self.close()
        if self._open is None:
            try:
                self._open = self._connect()
            except DestinationUnavailable:
                raise
            except Exception as error:
                what = f"The connection cannot be opened: {type(error).__name__}: {error}"
                raise DestinationUnavailable(what) from error
            self._used = time.monotonic()
        return self._open
