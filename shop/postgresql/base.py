"""Django's PostgreSQL backend; a lost answer to COMMIT is an error of its own."""

from django.db.backends.postgresql import base

from shop.commits import AnsweredCommits


class DatabaseWrapper(AnsweredCommits, base.DatabaseWrapper):
    """An error that ends the connection says nothing of a COMMIT that it came in answer to.

    A server that is stopped, or that somebody has told to end the session, looks for that after
    the commit as well, before it answers.
    """

    def _is_closed(self) -> bool:
        return self.connection is None or bool(self.connection.closed)

    def _is_refusal(self, error: Exception) -> bool:
        return getattr(error.__cause__, "sqlstate", None) is not None and not self._is_closed()
