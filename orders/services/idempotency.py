"""One order per Idempotency-Key, however often and however fast the request comes."""

import hashlib
import json
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Self
from uuid import UUID

from django.db import OperationalError, connection
from django.utils import timezone

from orders.models import IdempotencyKey, Order

LONGEST_WAIT = timedelta(seconds=2)
LONGEST_KEY = 255
LOCK_NOT_AVAILABLE = "55P03"
"""PostgreSQL's code for a lock that was not had within `lock_timeout`."""


class BadKey(ValueError):
    """The Idempotency-Key is empty, too long or not printable ASCII."""


class KeyReused(ValueError):
    """The key belongs to another body."""


class StillRunning(Exception):
    """The first request with this key was not through after `LONGEST_WAIT`."""


@dataclass(frozen=True)
class Repeat:
    """By what a repeat of a request is known: its key, and the fingerprint of its body."""

    key: str
    fingerprint: str

    @classmethod
    def of(cls, key: str, body: Any) -> Self:
        """The same for two bodies that say the same, whatever their blanks and order of fields.

        Raises:
            BadKey: where the key cannot be stored as it came.
        """
        if not 1 <= len(key) <= LONGEST_KEY or not (key.isascii() and key.isprintable()):
            raise BadKey(f"Idempotency-Key takes 1 to {LONGEST_KEY} printable ASCII characters.")
        canonical = json.dumps(body, sort_keys=True, separators=(",", ":"))
        return cls(key, hashlib.sha256(canonical.encode()).hexdigest())


def claim(repeat: Repeat, order_id: UUID) -> Order | None:
    """Take the key for the order about to be written, or give the order that has it.

    The insert waits for a running transaction with the same key and then sees what it left. On
    SQLite, where every transaction waits for the whole database and nobody knows for whom, it
    has waited at the transaction's start already, like any other request.

    Raises:
        KeyReused: the key came with another body before.
        StillRunning: the other transaction outlasts `LONGEST_WAIT`.
    """
    try:
        taken = _insert(repeat, order_id)
    except OperationalError as error:
        if getattr(error.__cause__, "sqlstate", None) == LOCK_NOT_AVAILABLE:
            raise StillRunning from error
        raise
    return None if taken else _order_of(repeat)


def _insert(repeat: Repeat, order_id: UUID) -> bool:
    """Insert the key unless it is there. One statement, which no savepoint has to guard."""
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
    if connection.vendor == "postgresql":
        # Before the insert may have to wait, and for this transaction alone.
        waiting = "FROM (SELECT set_config('lock_timeout', %s, true)) AS patience"
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
        raise KeyReused("This Idempotency-Key came with another body before; take a new key.")
    return row.order
