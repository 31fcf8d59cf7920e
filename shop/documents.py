"""Reading issued documents: the bytes that were issued, or an error."""

from hashlib import sha256
from typing import Protocol

from django.core.files.storage import default_storage


class DocumentUnavailable(OSError):
    """The document cannot be read now; a volume may not be mounted yet."""


class DocumentAltered(Exception):
    """The stored file is not the one that was issued; it must not be shown or sent."""


class Issued(Protocol):
    """A document's name in storage, and the SHA-256 of its content in hexadecimal."""

    @property
    def storage_name(self) -> str: ...

    @property
    def sha256(self) -> str: ...


def read(document: Issued) -> bytes:
    """The content of an issued document.

    Raises:
        DocumentUnavailable: the file is missing or cannot be read.
        DocumentAltered: the file is not the one that was issued.
    """
    name = document.storage_name
    try:
        with default_storage.open(name) as file:
            content: bytes = file.read()
    except OSError as error:
        raise DocumentUnavailable(
            f"{name} cannot be read ({type(error).__name__}). Check that this process has the "
            "folder into which billing's worker writes (MEDIA_ROOT or the volume)."
        ) from error
    if not is_issued(document, content):
        raise DocumentAltered(
            f"{name} is not the file that was issued: its SHA-256 differs. "
            "Restore it from a backup, then deliver again."
        )
    return content


def is_issued(document: Issued, content: bytes) -> bool:
    """Whether these are the bytes that were issued."""
    return sha256(content).hexdigest() == document.sha256
