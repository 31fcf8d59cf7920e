"""Tables in files: CSV and XLSX, read within limits, written without formulas."""

import csv
import io
import re
import zipfile
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from itertools import islice
from typing import Any

from openpyxl import Workbook, load_workbook
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE

MOST_BYTES = 900 * 1024
"""Of an uploaded file: the admin takes forms of at most 1 MiB."""

MOST_ROWS = 2_000
MOST_COLUMNS = 40
WIDEST, LONGEST = 500, 20_000
"""Columns and rows of a sheet with its empty ones, of which it may claim a million."""

MOST_UNPACKED = 30 * 1024**2
"""Bytes of an XLSX file's parts: it is a ZIP archive, and a small one can unpack to gigabytes."""

MOST_ELEMENTS = 350_000
"""Of all parts of an XLSX file: 2,000 rows of 40 columns have 320,000 at most. A web thread reads
the file, and millions of empty cells or styles would hold it for long."""

MOST_SHEETS = 40
"""Each may name the same part, which is read again."""

START = r"(?<![^,;|\t\r\n])(?<!\r(?=\n))"
"""Where a cell may start. A spreadsheet splits CSV at its own separator, in German at `;`; in a
file with another one it takes quotes for text."""

PASSED = (
    r"""[ "'\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\xa0\u1680\u2000-\u200f\u2028-\u202f"""
    r"""\u205f-\u2064\u3000\ufeff]*"""
)
"""Blanks, quotes and what is not seen: some spreadsheets drop it at the start of a cell. None of it
separates cells, so no text is searched twice."""

FORMULA = rf"(?={PASSED}[=+\-@\uff1d\uff0b\uff0d\uff20])"
"""What a spreadsheet takes for a formula, also in full-width letters (OWASP, CSV injection)."""

BREAK = r"(?='*[\t\r\n])"
"""What it may drop at the start of a text."""

UNMARKED = re.compile(rf"{START}{FORMULA}|\A{BREAK}")
MARKED = re.compile(rf"{START}'(?:{FORMULA}|(?<=\A'){BREAK})")
NUMBER = re.compile(r"[+-]?\d+(\.\d+)?")


class Format(StrEnum):
    CSV = "csv"
    XLSX = "xlsx"

    @property
    def content_type(self) -> str:
        if self is Format.CSV:
            return "text/csv; charset=utf-8"
        return "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


class Unreadable(ValueError):
    """The file is no table within the limits; the message says what to change."""


@dataclass(frozen=True)
class Table:
    """The texts of a file's cells. `lines` are the rows' lines in the file; the heading's is 1."""

    heading: list[str]
    rows: list[list[str]]
    lines: list[int]


def read(name: str, content: bytes) -> Table:
    """The table in a file, by the ending of its name. Rows without any text are left out.

    Raises:
        Unreadable: another format, a broken file, or more than the limits.
    """
    if len(content) > MOST_BYTES:
        raise Unreadable(f"The file is larger than {MOST_BYTES // 1024} KiB; split it.")
    ending = name.rpartition(".")[2].casefold()
    if ending == Format.CSV:
        found = _csv_rows(content)
    elif ending == Format.XLSX:
        found = _xlsx_rows(content)
    else:
        raise Unreadable("Upload a file whose name ends with .csv or .xlsx.")
    filled = ((line, cells) for line, cells in found if any(cells))
    rows = list(islice(filled, MOST_ROWS + 2))
    if nul := next((line for line, cells in rows if any("\0" in cell for cell in cells)), None):
        raise Unreadable(f"Line {nul} has a NUL character, which no text can hold.")
    if not rows:
        raise Unreadable("The file is empty; its first line names the columns.")
    if len(rows) > MOST_ROWS + 1:
        raise Unreadable(f"The file has more than {MOST_ROWS} rows; split it.")
    (_line, heading), *rest = rows
    heading = [cell.strip() for cell in _without_end(heading)]
    if len(heading) > MOST_COLUMNS:
        raise Unreadable(f"The file has more than {MOST_COLUMNS} columns.")
    if twice := {cell for cell in heading if heading.count(cell) > 1}:
        raise Unreadable(f"The heading has a column twice: {', '.join(sorted(twice))!r}.")
    return Table(
        heading=heading,
        rows=[_fitted(cells, len(heading), line) for line, cells in rest],
        lines=[line for line, _cells in rest],
    )


def write(
    kind: Format, heading: Sequence[str], rows: Iterable[Sequence[str]], numbers: Collection[str]
) -> bytes:
    """A file with these texts, none of which a spreadsheet runs as a formula.

    Columns in `numbers` hold numbers, and are written as such to XLSX.
    """
    if kind is Format.CSV:
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\r\n")
        writer.writerow(heading)
        writer.writerows([defused(cell) for cell in row] for row in rows)
        # With the mark Excel reads UTF-8.
        return text.getvalue().encode("utf-8-sig")
    book = Workbook(write_only=True)
    sheet = book.create_sheet()
    sheet.append(list(heading))
    numeric = [name in numbers for name in heading]
    for row in rows:
        sheet.append([_cell(*one) for one in zip(row, numeric, strict=True)])
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def defused(text: str) -> str:
    """The text, with an apostrophe before each part that a spreadsheet would run if a cell started
    there; `armed` takes them away."""
    return text if NUMBER.fullmatch(text) else UNMARKED.sub("'", text)


def armed(text: str) -> str:
    """The text that `defused` was given."""
    return MARKED.sub("", text)


def _csv_rows(content: bytes) -> Iterator[tuple[int, list[str]]]:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise Unreadable(
            "The file is not in UTF-8. In a spreadsheet, save it as “CSV UTF-8” or as XLSX."
        ) from None
    first = text.split("\n", 1)[0]
    reader = csv.reader(io.StringIO(text), delimiter=max(",;\t", key=first.count), strict=True)
    try:
        for cells in reader:
            yield reader.line_num, [armed(cell) for cell in cells]
    except csv.Error as error:
        raise Unreadable(f"Line {reader.line_num} is no CSV: {error}.") from None


def _xlsx_rows(content: bytes) -> Iterator[tuple[int, list[str]]]:
    try:
        _check_archive(content)
        book = load_workbook(io.BytesIO(content), read_only=True, data_only=True, keep_links=False)
        sheet = book.worksheets[0]
        # Some programs claim too small a size; what is outside would be left out.
        sheet.reset_dimensions()
        for line, row in enumerate(sheet.iter_rows(values_only=True), start=1):
            if len(row) > WIDEST:
                raise Unreadable(f"The sheet is more than {WIDEST} columns wide.")
            if line > LONGEST:
                raise Unreadable(
                    f"The sheet is more than {LONGEST} rows long, empty ones included."
                )
            yield line, ["" if value is None else armed(_text(value)) for value in row]
    except Unreadable:
        raise
    except Exception:
        # A damaged file fails anywhere in the parsers of ZIP, XML and workbooks: no list is whole.
        raise Unreadable("The file is no XLSX workbook, or a broken one.") from None


def _check_archive(content: bytes) -> None:
    """Check what a workbook would cost, before its XML is parsed."""
    elements = sheets = 0
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        parts = archive.infolist()
        if sum(part.file_size for part in parts) > MOST_UNPACKED:
            raise Unreadable(f"The file unpacks to more than {MOST_UNPACKED // 1024**2} MiB.")
        for part in parts:
            # Without NUL the marks of UTF-16 are those of UTF-8; XML has no other encoding of them.
            xml = archive.read(part).replace(b"\0", b"")
            if b"<!DOCTYPE" in xml:
                raise Unreadable("The file defines entities, as no spreadsheet writes them.")
            elements += xml.count(b"<") - xml.count(b"</")
            sheets += xml.count(b"sheetId")
    if elements > MOST_ELEMENTS:
        raise Unreadable(
            "The file has too many cells or formats, those of empty cells included. Copy the table "
            "into a new workbook, or save it as CSV."
        )
    if sheets > MOST_SHEETS:
        raise Unreadable(f"The file has more than {MOST_SHEETS} sheets.")


def _text(value: Any) -> str:
    """A cell as one would type it: 12 rather than 12.0, yes and no for truth values."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, datetime | date):
        return value.isoformat()
    return str(value)


def _cell(text: str, is_number: bool) -> str | int | float:
    if is_number and NUMBER.fullmatch(text):
        number = Decimal(text)
        return int(number) if "." not in text else float(number)
    return str(ILLEGAL_CHARACTERS_RE.sub("\N{REPLACEMENT CHARACTER}", defused(text)))


def _without_end(cells: list[str]) -> list[str]:
    """Without the empty cells at the end."""
    filled = [place for place, cell in enumerate(cells, start=1) if cell]
    return cells[: filled[-1]] if filled else []


def _fitted(cells: list[str], width: int, line: int) -> list[str]:
    cells = _without_end(cells)
    if len(cells) > width:
        raise Unreadable(f"Line {line} has {len(cells)} cells; the heading has {width}.")
    return cells + [""] * (width - len(cells))
