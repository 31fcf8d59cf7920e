"""The database in use: one for all processes of a project."""

from django.core.exceptions import ImproperlyConfigured
from django.db import connection

from bus.store.dialect import Dialect
from bus.store.postgresql import PostgreSQL
from bus.store.sqlite import SQLite

DIALECTS: dict[str, type[Dialect]] = {"postgresql": PostgreSQL, "sqlite": SQLite}


def dialect_of(vendor: str) -> Dialect:
    """The dialect of a database by Django's name for it.

    Raises:
        ImproperlyConfigured: the bus has none for it.
    """
    if vendor not in DIALECTS:
        raise ImproperlyConfigured(
            f"DATABASES['default'] is {vendor}; the bus needs {' or '.join(DIALECTS)}."
        )
    return DIALECTS[vendor]()


db = dialect_of(connection.vendor)
