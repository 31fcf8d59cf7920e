"""Mails as files for development, one per mail."""

from collections.abc import Iterable, Sequence
from email.parser import BytesHeaderParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.mail import EmailMessage
from django.core.mail.backends.base import BaseEmailBackend
from django.utils import timezone
from django.utils.text import slugify

from shop import files
from shop.mail.errors import MailDeferred


class FolderBackend(BaseEmailBackend):
    """Writes `<when>-<subject>.eml` files to `EMAIL_FILE_PATH`.

    Django's file backend writes all mails of a connection into one file, which no mail program can
    open if a batch shares the connection.

    Raises:
        MailDeferred: the folder cannot be written to; nothing was.
    """

    def __init__(self, file_path: str | Path | None = None, **options: Any) -> None:
        super().__init__(**options)
        self.folder = Path(file_path or settings.EMAIL_FILE_PATH)

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        try:
            for email in email_messages:
                self._write(email)
        except OSError as error:
            raise MailDeferred(
                f"EMAIL_FILE_PATH {self.folder} cannot be written to: {error.strerror}."
            ) from error
        return len(email_messages)

    def _write(self, email: EmailMessage) -> None:
        content = email.message().as_bytes()
        subject = slugify(email.subject)[:80]
        created = False
        while not created:  # another process may write a mail of this subject at this instant
            when = timezone.localtime().strftime("%Y%m%d-%H%M%S-%f")
            created = files.create(self.folder / f"{when}-{subject}.eml", content)


def erase(message_ids: Iterable[str]) -> None:
    """Delete the mails with these Message-IDs, as far as the shop has written them into a folder.

    Raises:
        OSError: one cannot be read or deleted.
    """
    unwanted = set(message_ids)
    for path in Path(settings.EMAIL_FILE_PATH).glob("*.eml"):
        with path.open("rb") as file:
            found = BytesHeaderParser().parse(file).get("Message-ID", "")
        if found.strip() in unwanted:
            path.unlink(missing_ok=True)
