"""All that the checker may look at, read once."""

from collections import Counter
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from tests.chaos.buyers import Purchase
from tests.chaos.mailbox import Mail
from tests.chaos.warehouse import Order
from tests.support.books import Books


@dataclass(frozen=True)
class Event:
    id: int
    uuid: str
    type: str
    stream: str


@dataclass(frozen=True)
class Delivery:
    """A row of the ledger, for what is the ledger's alone."""

    id: int
    event: int
    subscription: str
    queue: int
    ordered: bool
    state: str
    attempts: int
    ambiguous: int
    closed_at: str
    error: str


@dataclass
class Evidence:
    """`stolen` are deliveries whose message a fault took away, and when; `poisoned` the streams of
    events that no handler can read; `surprises` processes that ended by themselves."""

    books: Books
    documents: Path
    purchases: list[Purchase]
    mails: list[Mail]
    shipped: list[Order]
    logs: list[Path]
    surprises: list[str]
    sampled: list[str]
    stolen: list[tuple[int, float]] = field(default_factory=list)
    poisoned: set[str] = field(default_factory=set)
    redis_away: list[tuple[float, float]] = field(default_factory=list)
    """From when to when faults were on that take nothing away but Redis, and no others."""
    faults: list[tuple[float, float]] = field(default_factory=list)
    """From when to when anything at all was wrong: until the shop had recovered from it."""
    mails_before: Counter[str] | None = None
    """How often each mail had come before everything was delivered again; None where it was not."""

    @property
    def repeated(self) -> bool:
        """Everything was delivered again: mails come once more then, under the same Message-ID."""
        return self.mails_before is not None

    @cached_property
    def answered(self) -> list[Purchase]:
        return [one for one in self.purchases if one.number]

    @cached_property
    def events(self) -> list[Event]:
        rows = self.books.rows("SELECT id, uuid, type, stream FROM bus_event ORDER BY id")
        # SQLite keeps a UUID as 32 hexadecimal digits.
        return [Event(pk, _uuid(str(uuid)), kind, stream) for pk, uuid, kind, stream in rows]

    @cached_property
    def deliveries(self) -> dict[tuple[int, str], list[Delivery]]:
        """The rows of the ledger by event and subscription: one each, if it is kept well."""
        found: dict[tuple[int, str], list[Delivery]] = {}
        for row in self.books.rows(
            "SELECT d.id, d.event_id, s.name, d.queue_id, d.ordered, d.state, d.attempts, "
            "d.ambiguous, d.closed_at, d.error FROM bus_delivery d "
            "JOIN bus_subscription s ON s.id = d.subscription_id ORDER BY d.event_id, d.id"
        ):
            one = Delivery(*row[:8], str(row[8]), row[9])
            found.setdefault((one.event, one.subscription), []).append(one)
        return found

    @cached_property
    def unknown_addresses(self) -> set[str]:
        """Orders of customers whose mail the provider refuses for ever."""
        return {one.number for one in self.answered if one.unknown_address}

    @cached_property
    def mails_by_id(self) -> Counter[str]:
        return Counter(mail.message_id for mail in self.mails)

    def mails_of(self, message_id: str) -> list[Mail]:
        return self._mails.get(message_id, [])

    @cached_property
    def _mails(self) -> dict[str, list[Mail]]:
        found: dict[str, list[Mail]] = {}
        for mail in self.mails:
            found.setdefault(mail.message_id, []).append(mail)
        return found

    def struck(self, since: float, until: float) -> bool:
        """Whether anything was wrong at some moment between."""
        return any(began <= until and ended >= since for began, ended in self.faults)

    def counter(self, sql: str) -> Counter[tuple[str, ...]]:
        """How often each row of a SELECT comes."""
        return Counter(tuple(map(str, row)) for row in self.books.rows(sql))


def _uuid(text: str) -> str:
    return (
        text
        if "-" in text
        else "-".join((text[:8], text[8:12], text[12:16], text[16:20], text[20:]))
    )
