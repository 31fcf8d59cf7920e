"""A shop's database, read as it is."""

import sqlite3
import threading
from pathlib import Path
from typing import Any

import psycopg

Row = tuple[Any, ...]


class Books:
    """Reads the database as it is, with SQL alone and none of the shop's code.

    A connection per thread, opened anew when the server was away.
    """

    def __init__(self, *, url: str = "", path: Path | None = None) -> None:
        self.on_postgres = bool(url)
        self._url, self._path = url, path
        self._local = threading.local()

    def rows(self, sql: str, *values: Any) -> list[Row]:
        """The rows of a SELECT; `%s` stands for a value on both databases."""
        return list(self._run(sql, values).fetchall())

    def one(self, sql: str, *values: Any) -> Any:
        """The first column of the first row."""
        return self.rows(sql, *values)[0][0]

    def change(self, sql: str, *values: Any) -> int:
        """Run a statement, commit, and say how many rows it touched."""
        return int(self._run(sql, values).rowcount)

    def connect(self) -> Any:
        """A connection of one's own, in autocommit."""
        if self.on_postgres:
            return psycopg.connect(self._url, autocommit=True, connect_timeout=5)
        return sqlite3.connect(str(self._path), timeout=30, isolation_level=None)

    def _run(self, sql: str, values: Row) -> Any:
        sql = sql if self.on_postgres else sql.replace("%s", "?")
        try:
            return self._connection().execute(sql, values)
        except (psycopg.OperationalError, psycopg.InterfaceError):
            self._local.connection = None
            return self._connection().execute(sql, values)

    def _connection(self) -> Any:
        if getattr(self._local, "connection", None) is None:
            self._local.connection = self.connect()
        return self._local.connection
