"""What became of a COMMIT: done, refused, or unknown because its answer was lost.

The database backends in `shop.postgresql` and `shop.sqlite3` tell them apart; ENGINE names them.
"""

from typing import Any

from django.db import InterfaceError, OperationalError

DATABASE_AWAY = (OperationalError, InterfaceError)
"""The connection broke, or the database did not answer in time."""


class CommitUnanswered(OperationalError):
    """COMMIT was sent and not answered: the transaction may have been saved, or not."""


class AnsweredCommits:
    """Stands before Django's own DatabaseWrapper."""

    connection: Any

    def _commit(self) -> None:
        """Commit.

        Raises:
            CommitUnanswered: nobody knows whether it was saved.
            Error: any other one of the database; nothing was saved.
        """
        was_closed = self._is_closed()
        try:
            super()._commit()  # type: ignore[misc]  # Django's
        except DATABASE_AWAY as error:
            if was_closed or self._is_refusal(error):
                raise
            raise CommitUnanswered("COMMIT was sent, and its answer was lost.") from error

    def _is_closed(self) -> bool:
        raise NotImplementedError

    def _is_refusal(self, error: Exception) -> bool:
        """Whether the database itself said that it did not commit."""
        raise NotImplementedError
