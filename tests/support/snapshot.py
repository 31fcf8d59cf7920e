"""A snapshot of the test database and of folders, restored at a fraction of what making it costs.

Ids go on where they were: PostgreSQL's sequences are left alone, SQLite's are part of the database.
"""

import shutil
import sqlite3
from collections.abc import Mapping
from pathlib import Path

from django.db import connection

from tests.support.truncation import written_tables


class Snapshot:
    """What is committed, and what the folders hold, at the time this is made.

    `folders`: by a name that `restore` finds the folder of another test by.
    """

    def __init__(self, keep: Path, folders: Mapping[str, Path]) -> None:
        self._keep = keep
        self._tables: dict[str, bytes] = {}
        for name, folder in folders.items():
            shutil.copytree(folder, keep / name)
        if connection.vendor == "sqlite":
            with sqlite3.connect(keep / "database") as copy:
                connection.connection.backup(copy)
            copy.close()
            return
        with connection.cursor() as cursor:
            for table in written_tables(connection):
                with cursor.copy(f'COPY "{table}" TO STDOUT') as rows:
                    self._tables[table] = b"".join(rows)

    def restore(self, folders: Mapping[str, Path]) -> None:
        """Into an empty database and folders that are not there."""
        for name, folder in folders.items():
            shutil.copytree(self._keep / name, folder)
        if connection.vendor == "sqlite":
            connection.ensure_connection()
            copy = sqlite3.connect(self._keep / "database")
            copy.backup(connection.connection)
            copy.close()
            return
        with connection.cursor() as cursor:
            # Neither foreign keys, as the tables come in no order, nor the triggers of the apps.
            cursor.execute("SET session_replication_role = replica")
            for table, rows in self._tables.items():
                with cursor.copy(f'COPY "{table}" FROM STDIN') as copy:
                    copy.write(rows)
            cursor.execute("RESET session_replication_role")
