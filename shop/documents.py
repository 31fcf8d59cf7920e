"""Reading issued documents: the very bytes that were issued, or an error."""

from hashlib import sha256
from typing import Protocol

from django.core.files.storage import default_storage


class DocumentUnavailable(OSError):
    """The storage does not give the document out now; a volume may be late."""


class DocumentAltered(Exception):
    """The storage holds something else than what was issued. It must not reach anybody."""


class Issued(Protocol):
    """Where a document is kept, and the SHA-256 of what was issued, in hexadecimal."""

    @property
    def storage_name(self) -> str: ...

    @property
    def sha256(self) -> str: ...


def read(document: Issued) -> bytes:
    """The content of an issued document.

    Raises:
        DocumentUnavailable: it is missing or cannot be read.
        DocumentAltered: what is kept under its name is not what was issued.
    """
    name = document.storage_name
    try:
        with default_storage.open(name) as file:
            content: bytes = file.read()
    except OSError as error:
        raise DocumentUnavailable(
            f"{name} cannot be read ({type(error).__name__}). Does this process see the folder "
            "into which the worker of billing draws (MEDIA_ROOT or the volume)?"
        ) from error
    if not is_issued(document, content):
        raise DocumentAltered(
            f"{name} is not the file that was issued: its SHA-256 differs. "
            "Restore it from a backup, then deliver again."
        )
    return content


def is_issued(document: Issued, content: bytes) -> bool:
    """Whether these bytes are what was issued."""
    return sha256(content).hexdigest() == document.sha256
