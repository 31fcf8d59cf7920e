"""One order per Idempotency-Key, also for concurrent requests."""

import hashlib
import json
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Self
from uuid import UUID

from django.db import OperationalError, connection
from django.utils import timezone

from bus.store.database import db
from orders.models import IdempotencyKey, Order

LONGEST_WAIT = timedelta(seconds=2)
LONGEST_KEY = 255
LOCK_NOT_AVAILABLE = "55P03"
"""PostgreSQL's SQLSTATE when `lock_timeout` has passed."""


class BadKey(ValueError):
    """The Idempotency-Key is empty, too long or not printable ASCII."""


class KeyReused(ValueError):
    """The key was used with another body."""


class StillRunning(Exception):
    """The first request with this key has not committed after `LONGEST_WAIT`."""


@dataclass(frozen=True)
class Repeat:
    """What identifies a repeated request: its key and the fingerprint of its body."""

    key: str
    fingerprint: str

    @classmethod
    def of(cls, key: str, body: Any) -> Self:
        """Equal for equal JSON, whatever its white space and order of fields.

        Raises:
            BadKey: the key is not 1 to LONGEST_KEY printable ASCII characters.
        """
        if not 1 <= len(key) <= LONGEST_KEY or not (key.isascii() and key.isprintable()):
            raise BadKey(f"Idempotency-Key must be 1 to {LONGEST_KEY} printable ASCII characters.")
        canonical = json.dumps(body, sort_keys=True, separators=(",", ":"))
        return cls(key, hashlib.sha256(canonical.encode()).hexdigest())


def claim(repeat: Repeat, order_id: UUID) -> Order | None:
    """Insert the key for the order about to be written; return the order that has it already.

    The insert waits for a running transaction with the same key and then sees its result. On
    SQLite a transaction has waited at its start for every other one, so `StillRunning` is not
    raised there.

    Raises:
        KeyReused: the key was used with another body.
        StillRunning: the other transaction takes longer than `LONGEST_WAIT`.
    """
    try:
        taken = _insert(repeat, order_id)
    except OperationalError as error:
        if getattr(error.__cause__, "sqlstate", None) == LOCK_NOT_AVAILABLE:
            raise StillRunning from error
        raise
    return None if taken else _order_of(repeat)


def _insert(repeat: Repeat, order_id: UUID) -> bool:
    """Insert the key unless it exists. ON CONFLICT, so no savepoint is needed."""
    field = IdempotencyKey._meta.get_field
    values = [
        field(name).get_db_prep_save(value, connection)
        for name, value in (
            ("key", repeat.key),
            ("fingerprint", repeat.fingerprint),
            ("order", order_id),
            ("created_at", timezone.now()),
        )
    ]
    waiting = ""
    if db.locks_rows:
        # Set before the insert may wait, and local to this transaction.
        waiting = "FROM (SELECT set_config('lock_timeout', %s, true)) AS lock_timeout"
        values.append(f"{LONGEST_WAIT // timedelta(milliseconds=1)}ms")
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO orders_idempotencykey (key, fingerprint, order_id, created_at) "
            f"SELECT %s, %s, %s, %s {waiting} WHERE TRUE ON CONFLICT (key) DO NOTHING",
            values,
        )
        return bool(cursor.rowcount)


def _order_of(repeat: Repeat) -> Order:
    row = IdempotencyKey.objects.select_related("order").get(key=repeat.key)
    if row.fingerprint != repeat.fingerprint:
        raise KeyReused("This Idempotency-Key was sent with another body before; use a new key.")
    return row.order
