"""Django's PostgreSQL backend, with an error of its own for a lost response to COMMIT."""

from django.db.backends.postgresql import base

from shop.commits import AnsweredCommits


class DatabaseWrapper(AnsweredCommits, base.DatabaseWrapper):
    """After an error that ends the connection the outcome of a COMMIT is unknown.

    A server checks for its shutdown and for a terminated session also after the commit, before it
    responds.
    """

    def _is_closed(self) -> bool:
        return self.connection is None or bool(self.connection.closed)

    def _is_refusal(self, error: Exception) -> bool:
        return getattr(error.__cause__, "sqlstate", None) is not None and not self._is_closed()
