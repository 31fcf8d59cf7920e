"""Django's SQLite backend; a COMMIT that the disk broke off is an error of its own."""

from django.db.backends.sqlite3 import base

from shop.commits import AnsweredCommits

IO_ERROR = "SQLITE_IOERR"


class DatabaseWrapper(AnsweredCommits, base.DatabaseWrapper):
    """There is no wire that could lose an answer: the library itself says what became of it.

    But where the disk fails in the middle of a commit, what was written may be found there later.
    """

    def _is_closed(self) -> bool:
        return self.connection is None

    def _is_refusal(self, error: Exception) -> bool:
        return not getattr(error.__cause__, "sqlite_errorname", "").startswith(IO_ERROR)
