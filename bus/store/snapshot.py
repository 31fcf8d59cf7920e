"""Read several things as they were at one moment, without keeping anybody from writing."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from django.db import connection, transaction

LONGEST = timedelta(minutes=10)
"""For one statement: reading a whole history takes longer than a request may."""


@contextmanager
def one_moment() -> Iterator[None]:
    """Everything read inside is from the same state of the database; nothing can be written.

    Inside a transaction that is already open, this is what that transaction sees.
    """
    if connection.in_atomic_block:
        yield
    elif connection.vendor == "postgresql":
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            for limit in ("statement_timeout", "idle_in_transaction_session_timeout"):
                cursor.execute(f"SET LOCAL {limit} = '{LONGEST.total_seconds()}s'")
            yield
    else:
        # Django would begin with IMMEDIATE and hold the database's only write lock meanwhile.
        with connection.cursor() as cursor:
            if connection.connection.in_transaction:  # one that was begun here
                yield
                return
            cursor.execute("BEGIN DEFERRED")
            try:
                yield
            finally:
                cursor.execute("ROLLBACK")
