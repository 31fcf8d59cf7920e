"""The documents' folder belongs to one database: both carry the same random identity."""

import re
from pathlib import Path
from uuid import UUID, uuid4

from django.conf import settings
from django.db import connection

from billing.models import DocumentFolder, Invoice, Series
from shop import files
from shop.documents import DocumentAltered, DocumentUnavailable, read

MARK = ".database"
"""The file in the folder that holds the identity of its database."""

COMPARED = 10
"""The last issued documents that are looked for if database or folder has no identity yet."""

BACKUP = "docs/backup.md"
NUMBER = re.compile(r"(?P<prefix>[A-Z]+)-(?P<year>\d{4})-(?P<sequence>\d+)")


class WrongFolder(RuntimeError):
    """The folder has the documents of another database."""


class OlderDatabase(RuntimeError):
    """The folder has documents that the database, from an older backup, does not have."""


class FolderNotSeen(OSError):
    """The folder has none of this database's documents; a volume may be late."""


def check() -> None:
    """Check that the folder belongs to this database; changes nothing.

    If only one of the two has an identity (the other is new, or restored without it), they belong
    together if neither has a document, or if the folder has the documents issued last.

    Raises:
        WrongFolder, FolderNotSeen: with the way out.
    """
    root = Path(settings.MEDIA_ROOT)
    tables = connection.introspection.table_names()  # of a new or older database some are missing
    mine = _identity() if DocumentFolder._meta.db_table in tables else None
    its = _mark(root)
    if mine and its:
        if mine != its:
            raise WrongFolder(_others(root))
        return
    issued = _last_issued() if Invoice._meta.db_table in tables else []
    if issued:
        if not any(map(_is_there, issued)):
            raise FolderNotSeen(
                f"The documents that this database has issued are not in {root}. Mount or restore "
                f"that folder ({BACKUP}), or set VAR_DIR to the folder above the right one; if "
                "they are lost, manage.py audit --repair draws them again."
            )
    elif has_documents(root):
        raise WrongFolder(_others(root))


def check_numbers() -> None:
    """Check that no file has a number above its counter; changes nothing.

    A document's number is committed before its file is drawn. So a file with a number above its
    counter is newer than the database, and the next document would get a number that a customer
    already has (section 14 (4) no. 4 UStG).

    Raises:
        OlderDatabase: with the way out.
    """
    if Series._meta.db_table not in connection.introspection.table_names():
        return
    for (prefix, year), (given, last) in sorted(behind().items()):
        raise OlderDatabase(
            f"The database is older than the documents in {settings.MEDIA_ROOT}: number {given} of "
            f"{prefix}-{year} was issued, but its counter is at {last}. Restore a newer backup "
            f"({BACKUP}), or set the counter to {given} with manage.py audit --repair."
        )


def behind() -> dict[tuple[str, int], tuple[int, int]]:
    """(highest number with a file, counter) by (series, year), where the counter is lower."""
    highest: dict[tuple[str, int], int] = {}
    for path in documents():
        if found := NUMBER.fullmatch(path.stem):
            series, sequence = (found["prefix"], int(found["year"])), int(found["sequence"])
            highest[series] = max(sequence, highest.get(series, 0))
    counters = {(row.prefix, row.year): row.last for row in Series.objects.all()}
    return {
        series: (given, counters.get(series, 0))
        for series, given in highest.items()
        if given > counters.get(series, 0)
    }


def documents() -> list[Path]:
    """The documents' files. List them before reading the database: workers are running, and a
    file is written after its row."""
    return sorted(Path(settings.MEDIA_ROOT).glob("invoices/*/*.pdf"))


def claim() -> None:
    """Write the identity where it is missing; it is synced to the disk on return.

    Raises:
        WrongFolder, FolderNotSeen: see `check`.
        OSError: the folder cannot be written to.
    """
    root = Path(settings.MEDIA_ROOT)
    mine, its = _identity(), _mark(root)
    if mine and mine == its:
        return
    check()
    mark(its)


def mark(identity: UUID | None = None) -> None:
    """Write one identity to both: the database's, else this one, else a new one.

    Raises:
        WrongFolder: the folder has another identity.
    """
    root = Path(settings.MEDIA_ROOT)
    row, _ = DocumentFolder.objects.get_or_create(
        pk=DocumentFolder.THE_ROW, defaults={"identity": identity or uuid4()}
    )
    if not files.create(root / MARK, f"{row.identity}\n".encode()):
        its = _mark(root)
        if its != row.identity:
            raise WrongFolder(_others(root))


def has_documents(root: Path) -> bool:
    """Whether there is any PDF in it."""
    return any(path.is_file() for path in root.rglob("*.pdf"))


def _identity() -> UUID | None:
    return DocumentFolder.objects.values_list("identity", flat=True).first()


def _mark(root: Path) -> UUID | None:
    try:
        return UUID((root / MARK).read_text().strip())
    except FileNotFoundError:
        return None
    except ValueError as error:
        raise WrongFolder(
            f"{root / MARK} is damaged: it holds no UUID. Restore it, or delete it: then the last "
            "issued documents are compared instead."
        ) from error


def _last_issued() -> list[Invoice]:
    issued = Invoice.objects.exclude(sha256="").order_by("-id")
    return list(issued.only("number", "storage_name", "sha256")[:COMPARED])


def _is_there(invoice: Invoice) -> bool:
    try:
        read(invoice)
    except (DocumentAltered, DocumentUnavailable):
        return False
    return True


def _others(root: Path) -> str:
    return (
        f"{root} has the documents of another database than the one of DATABASE_URL. Correct "
        "DATABASE_URL or VAR_DIR; to start with a new database, move that folder to a safe place: "
        "issued documents must be kept."
    )
