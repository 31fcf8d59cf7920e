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
"""The file in the folder that names its database."""

COMPARED = 10
"""Issued documents that are looked for, where one half does not know the other yet."""

BACKUP = "docs/backup.md"
NUMBER = re.compile(r"(?P<prefix>[A-Z]+)-(?P<year>\d{4})-(?P<sequence>\d+)")


class WrongFolder(RuntimeError):
    """The folder has the documents of another database."""


class OlderDatabase(RuntimeError):
    """The folder has documents that the database has forgotten."""


class FolderNotSeen(OSError):
    """The folder has none of this database's documents; a volume may be late."""


def check() -> None:
    """Judge whether this database's documents may be kept in this folder; changes nothing.

    Where only one of the two carries an identity (a new one, or one from a backup without it),
    they belong together if neither has a document, or if the folder has the last ones issued.

    Raises:
        WrongFolder, FolderNotSeen: one sentence, with the way out.
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
    """Judge whether the counters know of every number that was given out; changes nothing.

    A document's number is committed before its file is drawn. So a file with a number that its
    counter has not reached yet is of a later time than the database, and the next document would
    get a number that a customer has already (section 14 (4) no. 4 UStG).

    Raises:
        OlderDatabase: one sentence, with the way out.
    """
    if Series._meta.db_table not in connection.introspection.table_names():
        return
    for (prefix, year), (given, last) in sorted(behind().items()):
        raise OlderDatabase(
            f"The database is older than the documents in {settings.MEDIA_ROOT}: number {given} of "
            f"{prefix}-{year} was issued, and its counter is at {last}. Restore a newer backup "
            f"({BACKUP}), or have numbers go on after it with manage.py audit --repair."
        )


def behind() -> dict[tuple[str, int], tuple[int, int]]:
    """By series and year: the highest number that has a file, and the counter that is below it."""
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
    """The documents' files. List them before the database is read: workers go on, and a file
    comes after its row."""
    return sorted(Path(settings.MEDIA_ROOT).glob("invoices/*/*.pdf"))


def claim() -> None:
    """Write the identity down where it is missing, on the disk before this returns.

    Raises:
        WrongFolder, FolderNotSeen: as `check` does.
        OSError: the folder cannot be written to.
    """
    root = Path(settings.MEDIA_ROOT)
    mine, its = _identity(), _mark(root)
    if mine and mine == its:
        return
    check()
    mark(its)


def mark(identity: UUID | None = None) -> None:
    """Have both carry one identity: this one, the database's own, or a new one."""
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
            f"{root / MARK} is damaged: it holds no UUID. Restore it, or delete it; the shop then "
            "compares the documents themselves."
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
        f"{root} has the documents of another database than the one of DATABASE_URL. Set "
        "DATABASE_URL or VAR_DIR back; if this database is to begin anew, move that folder to a "
        "safe place: issued documents must be kept."
    )
