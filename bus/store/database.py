"""The database in use: one for all processes of a project."""

from django.db import connection

from bus.store.dialect import Dialect
from bus.store.postgresql import PostgreSQL
from bus.store.sqlite import SQLite

db: Dialect = PostgreSQL() if connection.vendor == "postgresql" else SQLite()
