"""What the database holds, read as a stranger reads it: in plain SQL, past the code of the bus."""

import json
from dataclasses import dataclass
from typing import NamedTuple

from django.db import connection

IN_FLIGHT = frozenset({"sent", "running", "sending"})
OPEN = frozenset({"waiting", "dead"}) | IN_FLIGHT


class Row(NamedTuple):
    """A delivery."""

    id: int
    event: int
    subscription: int
    queue: int
    stream: str
    ordered: bool
    state: str
    token: int
    attempts: int
    uncounted: int
    crashes: int
    ambiguous: int
    alone: bool
    error: str


class Subscribed(NamedTuple):
    id: int
    name: str
    event_type: str
    window: int
    paused: bool
    retired: bool

    @property
    def toy(self) -> str:
        return self.name.rpartition(".")[2]


class Stated(NamedTuple):
    """An event."""

    id: int
    type: str
    stream: str
    number: int
    poison: str
    routed: bool


@dataclass(frozen=True)
class Ledger:
    """All of it at one instant."""

    rows: list[Row]
    subscriptions: dict[int, Subscribed]
    events: dict[int, Stated]
    effects: list[str]
    """As `handler number`, in the order in which they were committed."""

    def effect(self, row: Row) -> str:
        return f"{self.subscriptions[row.subscription].toy} {self.events[row.event].number}"


def read() -> Ledger:
    """Look at the database."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id, event_id, subscription_id, queue_id, stream, ordered, state, token, "
            "attempts, uncounted, crashes, ambiguous, alone, error FROM bus_delivery "
            "ORDER BY event_id, id"
        )
        rows = [Row(*row) for row in cursor.fetchall()]
        cursor.execute(
            "SELECT s.id, s.name, s.event_type, s.window, s.paused_at IS NOT NULL, "
            "s.retired_at IS NOT NULL FROM bus_subscription s"
        )
        subscriptions = {row[0]: Subscribed(*row) for row in cursor.fetchall()}
        cursor.execute(
            "SELECT e.id, e.type, e.stream, e.data, o.event_id IS NULL "
            "FROM bus_event e LEFT JOIN bus_outbox o ON o.event_id = e.id"
        )
        events = {row[0]: _stated(*row) for row in cursor.fetchall()}
        cursor.execute("SELECT subject FROM bus_operatoraction WHERE what = 'effect' ORDER BY id")
        effects = [subject for (subject,) in cursor.fetchall()]
    return Ledger(rows, subscriptions, events, effects)


def _stated(pk: int, kind: str, stream: str, data: str, routed: bool) -> Stated:
    event = json.loads(data) if isinstance(data, str) else data
    return Stated(pk, kind, stream, event["number"], event.get("poison", ""), routed)


def wipe() -> None:
    """Forget a history. The triggers that keep events must be off."""
    tables = ("delivery", "outbox", "personaldata", "event", "operatoraction", "subscription")
    with connection.cursor() as cursor:
        for table in tables:
            cursor.execute(f"DELETE FROM bus_{table}")
