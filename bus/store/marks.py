"""Low-water marks: the instants and the event from which a relay's polls read.

PostgreSQL keeps the index entries of rows that were changed or deleted until no snapshot is older,
and a backup or a report may hold one for hours. A poll from the lowest entry on reads them all.
"""

import time
from typing import Any

from django.db import connection

SLACK = 2.0
"""Seconds before now from which on each poll looks again. An instant that a transaction writes is
that of its statement, and becomes visible with the commit: later, where a relay beside this one
routes a burst, or a worker releases what it does not get done."""

FULL_EVERY = 5.0
"""Seconds between two polls without marks: as late is seen what a longer transaction commits."""

Instants = tuple[Any, ...]
"""From when on a subscription is looked at for what is due, live and bulk, and for what is late. As
the driver has them: texts with SQLite."""


class Marks:
    """The marks of one relay.

    Of one connection: another may lead to another server, whose clock and ids are its own.
    """

    def __init__(self) -> None:
        self._connection: Any = None
        self._full_at = 0.0
        self.outbox = OutboxMark()
        self.instants: dict[int, Instants] = {}

    def begin(self) -> None:
        """Begin a poll: without marks where the connection is new, or the last full one too old."""
        now = time.monotonic()
        if connection.connection is self._connection is not None and now < self._full_at:
            return
        if connection.connection is not self._connection:
            self.outbox = OutboxMark()
        self._connection, self._full_at = connection.connection, now + FULL_EVERY
        self.outbox.at = 0
        self.instants = {}


class OutboxMark:
    """From which event on the outbox is read. Below it no transaction can commit any event.

    By time it would break the causal order: an event of a long transaction is committed late, with
    a low id, and what it caused must not be fanned out before it. `publish` draws an id only once
    its transaction has an id of its own. So who drew a lower id than that of an event that is
    visible has a lower transaction id than who asks for one then; and when no transaction below
    that runs any more, all lower events are visible.
    """

    def __init__(self) -> None:
        self.at = 0
        self._safe = 0
        self._next: tuple[int, int] | None = None

    def read(self, least: int | None, oldest_running: int) -> None:
        """The least event of the outbox, and the oldest running transaction, of one snapshot."""
        if self._next and oldest_running >= self._next[1]:
            self._safe, self._next = self._next[0] + 1, None
        self.at = self._safe if least is None else min(least, self._safe)

    def fanned_out(self, newest: int, transaction: int) -> None:
        """A transaction that began to write when the event `newest` was visible has fanned out."""
        if self._next is None and newest >= self._safe:
            self._next = newest, transaction
