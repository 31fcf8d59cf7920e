"""The outcome of a COMMIT: done, refused, or unknown because its response was lost.

The database backends `shop.postgresql` and `shop.sqlite3` distinguish them; set them as ENGINE.
"""

from typing import Any

from django.db import InterfaceError, OperationalError

DATABASE_AWAY = (OperationalError, InterfaceError)
"""The connection broke, or the database did not answer in time."""


class CommitUnanswered(OperationalError):
    """COMMIT was sent, but no response came: the transaction may or may not be saved."""


class AnsweredCommits:
    """Mixin; list it before Django's DatabaseWrapper."""

    connection: Any

    def _commit(self) -> None:
        """Commit.

        Raises:
            CommitUnanswered: the outcome is unknown.
            Error: any other database error; nothing was saved.
        """
        was_closed = self._is_closed()
        try:
            super()._commit()  # type: ignore[misc]  # Django's
        except DATABASE_AWAY as error:
            if was_closed or self._is_refusal(error):
                raise
            raise CommitUnanswered("COMMIT was sent, but its response was lost.") from error

    def _is_closed(self) -> bool:
        raise NotImplementedError

    def _is_refusal(self, error: Exception) -> bool:
        """Whether the database has reported that it did not commit."""
        raise NotImplementedError
