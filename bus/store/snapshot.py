"""Several queries in one snapshot, which blocks no writer."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection

from bus.store.database import db


@contextmanager
def one_moment() -> Iterator[None]:
    """Everything read inside is from the same state of the database; nothing can be written.

    Inside a transaction or another such block, this is what that one sees.
    """
    if connection.in_atomic_block:
        yield
        return
    with db.snapshot():
        yield
