"""What the bus needs of a database that each database has in its own way.

`bus.store.database.db` is the one in use. Pieces of SQL are constants, so that a statement built of
them is one as well. A `%` in them is doubled: each stands in statements that carry values.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Any


class Dialect(ABC):
    """One database."""

    locks_rows: bool
    """Transactions lock rows and wait for each other; otherwise the first to write locks all."""

    now: str
    """The present instant, of the statement."""

    later: str
    """The instant so many seconds from now; one mark, a float."""

    earlier: str
    """The instant so many seconds before now; one mark, a float."""

    among_ids: str
    """`= one of these numbers`; one mark, an `array`."""

    among_texts: str
    """`= one of these texts`, likewise."""

    lock: str
    """Locks the rows of `d` until the transaction ends, waiting for who has them."""

    lock_free: str
    """The same, skipping rows that another transaction has locked."""

    events: str
    """Joins the event `e` of a delivery `d`, and, if there are any, its personal data `p` and the
    key `k` of that."""

    marks: str
    """A source of rows `m (id, live, bulk, late)` for a poll; its marks are `mark_values`."""

    no_instant: str
    """Earlier than any instant."""

    @abstractmethod
    def array(self, values: Iterable[int] | Iterable[str]) -> Any:
        """What belongs to the mark of `among_ids` and `among_texts`.

        One parameter, because a list of marks would be another statement for every number of
        values, to be parsed and planned anew.
        """

    @abstractmethod
    def mark_values(self, marks: Mapping[int, tuple[Any, ...]]) -> list[Any]:
        """What belongs to the marks of `marks`: by id, the instants from which to read."""

    @abstractmethod
    def insert_event(self, event: Sequence[Any], personal: str | None, person: int | None) -> int:
        """Insert an event, its personal data (JSON) and its outbox row; returns the event's id.

        `person`: whose key it is encrypted by; None if it is in clear.

        `event`: the values of `bus.store.outbox.EVENT`, as the driver takes them.
        """

    @abstractmethod
    def person_key(self, digest: str, secret: str) -> tuple[int, str] | None:
        """The id and key of the person with this digest, who gets the key `secret` if there is
        none; locked against erasure until the transaction ends. None: repeat it."""

    @abstractmethod
    def lock_fan_out(self) -> int:
        """Lock out every other fan-out until the transaction ends.

        Returns the transaction's id; 0 where there is none.
        """

    @abstractmethod
    def read_outbox(self, first: int) -> tuple[int | None, int, int] | None:
        """The least event of the outbox from `first` on, the newest event, and the oldest
        transaction that still runs, all of one snapshot; None where a delete leaves nothing behind
        that a mark would have to skip."""

    @abstractmethod
    def take_outbox(self, first: int, most: int) -> list[int]:
        """Delete the oldest `most` rows of the outbox from event `first` on; returns the events."""

    @abstractmethod
    def lock_queues(self, ids: Iterable[int], *, skip: bool) -> set[int]:
        """Lock the rows of these queues until the transaction ends; returns which.

        `skip` passes over those that another relay has.
        """

    @abstractmethod
    def set_planner(self, values: Mapping[str, str]) -> tuple[int, dict[str, str]] | None:
        """Set the planner's settings for the rest of the transaction.

        Returns the ledger's size in bytes and what the settings were; None where plans are not
        kept, so that nothing has to be set.
        """

    @abstractmethod
    def is_aborted(self) -> bool:
        """Whether the transaction has met an error that only a roll-back clears."""

    @abstractmethod
    def invalid_constraints(self, table: str) -> set[str]:
        """The names of constraints and indexes of a table that the database does not vouch for."""

    @abstractmethod
    def snapshot(self) -> AbstractContextManager[None]:
        """Everything read inside is of one snapshot; nothing can be written."""

    @abstractmethod
    def elements(self, field: str) -> str:
        """A source of rows about the event `e`: `l.value` is one element each of that list."""

    @abstractmethod
    def seconds_between(self, early: str, late: str) -> str:
        """The seconds between two instants, a number with its fraction."""

    @abstractmethod
    def shifted(self, instant: str, seconds: str = "%s") -> str:
        """The instant so many seconds later, or earlier if they are negative."""

    @abstractmethod
    def minute_of(self, instant: str) -> str:
        """The beginning of the minute of an instant."""

    @abstractmethod
    def instant(self, text: str) -> str:
        """The instant (UTC) of an expression in ISO 8601, in whole seconds at least."""
