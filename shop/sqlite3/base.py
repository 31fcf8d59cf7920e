"""Django's SQLite backend, with an error of its own for a COMMIT that the disk broke off."""

from django.db.backends.sqlite3 import base

from shop.commits import AnsweredCommits

IO_ERROR = "SQLITE_IOERR"


class DatabaseWrapper(AnsweredCommits, base.DatabaseWrapper):
    """The library itself reports the outcome, except after a disk error during the commit.

    What was written before the error may be found on the disk later.
    """

    def _is_closed(self) -> bool:
        return self.connection is None

    def _is_refusal(self, error: Exception) -> bool:
        return not getattr(error.__cause__, "sqlite_errorname", "").startswith(IO_ERROR)
