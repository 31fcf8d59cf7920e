"""The documents' files: each is written once, and none replaces another."""

from hashlib import sha256
from pathlib import Path

from django.core.files.storage import default_storage

from billing import folder
from billing.models import Invoice
from shop import files
from shop.documents import DocumentAltered, DocumentUnavailable, read

PDF_BEGINS, PDF_ENDS = b"%PDF-", b"%%EOF"
"""ISO 32000-1, sections 7.5.2 and 7.5.5."""


class NameTaken(RuntimeError):
    """A complete file with other content has the document's name; it is never replaced."""


class StoredMeanwhile(OSError):
    """Another process stored a file of this name at the same time; the next try compares it."""


def storage_name(invoice: Invoice) -> str:
    return invoice.storage_name or f"invoices/{invoice.year}/{invoice.number}.pdf"


def is_kept(invoice: Invoice) -> bool:
    """Whether the issued document's file exists with the bytes that were issued."""
    try:
        read(invoice)
    except (DocumentAltered, DocumentUnavailable):
        return False
    return True


def keep(invoice: Invoice, content: bytes) -> str:
    """Store the document's file durably, and return its name in storage.

    A file with equal bytes is kept. A file damaged by a crash or a power cut is replaced; a
    complete file with other content never is.

    Raises:
        NameTaken: a complete file with other content has the name.
        billing.folder.WrongFolder: the folder belongs to another database.
        OSError: the folder cannot be reached or written.
    """
    name = storage_name(invoice)
    path = Path(default_storage.path(name))
    found = path.read_bytes() if path.exists() else None
    if found is not None and found != content and not _left_by_crash(invoice, found, content):
        raise NameTaken(
            f"{path} has other content (SHA-256 {sha256(found).hexdigest()[:12]}...) than document "
            f"{invoice.number}, and is never replaced. Find out where it comes from, move it to a "
            "safe place outside of MEDIA_ROOT, then deliver again."
        )
    folder.claim()
    if found is None:
        if not files.create(path, content):
            raise StoredMeanwhile(f"{path} was stored by another process; drawing is retried.")
    elif found == content:
        files.sync(path)
        files.sync(path.parent)
    else:
        files.replace(path, content)
    return name


def is_damaged(invoice: Invoice) -> bool:
    """Whether the issued document's file is not a complete PDF."""
    try:
        return not _is_complete(Path(default_storage.path(invoice.storage_name)).read_bytes())
    except FileNotFoundError:
        return False


def _left_by_crash(invoice: Invoice, found: bytes, content: bytes) -> bool:
    """Whether the file is a beginning of the content; trailing zeros count as not written.

    For an issued document, whose content is known by its hash, also any incomplete PDF.
    """
    if content.startswith(found.rstrip(b"\0")):
        return True
    return bool(invoice.sha256) and not _is_complete(found)


def _is_complete(found: bytes) -> bool:
    """Whether it begins and ends as a PDF does."""
    return found.startswith(PDF_BEGINS) and found.rstrip().endswith(PDF_ENDS)
