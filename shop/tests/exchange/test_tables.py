"""Tables in files: what is read, what is refused, and that nothing becomes a formula."""

import csv
import io
import zipfile
from contextlib import suppress
from itertools import chain
from time import process_time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import Workbook, load_workbook

from shop.exchange import tables
from shop.exchange.tables import (
    LONGEST,
    MOST_BYTES,
    MOST_COLUMNS,
    MOST_ELEMENTS,
    MOST_ROWS,
    MOST_SHEETS,
    MOST_UNPACKED,
    WIDEST,
    Format,
    Unreadable,
    armed,
    defused,
    read,
    write,
)


def workbook(*rows: list[Any]) -> bytes:
    book = Workbook()
    for row in rows:
        book.active.append(row)
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


@pytest.mark.parametrize(
    "text",
    ["sku,name\r\nCUP,A cup\r\n", "\ufeffsku;name\nCUP;A cup", 'sku\tname\nCUP\t"A cup"\n\n\n'],
)
def test_csv_is_read_with_any_usual_separator(text: str) -> None:
    table = read("goods.CSV", text.encode())

    assert (table.heading, table.rows, table.lines) == (["sku", "name"], [["CUP", "A cup"]], [2])


def test_xlsx_is_read_as_one_would_type_it() -> None:
    content = workbook(["sku", "price", "active", "note"], [4711, 9.9, True, None], [12.0, 3, "x"])

    table = read("goods.xlsx", content)

    assert table.rows == [["4711", "9.9", "yes", ""], ["12", "3", "x", ""]]


def test_lines_are_those_of_the_file() -> None:
    table = read("goods.csv", b'sku,name\nCUP,"two\nlines"\n,\nPOT,A pot\n')

    assert [row[0] for row in table.rows] == ["CUP", "POT"]
    assert table.lines == [3, 5]


@pytest.mark.parametrize(
    ("name", "content", "refusal"),
    [
        ("goods.pdf", b"%PDF", "ends with .csv or .xlsx"),
        ("goods.csv", b"", "empty"),
        ("goods.csv", "sku,name\nCUP,Gl\u00e4ser".encode("latin-1"), "not in UTF-8"),
        ("goods.csv", b'sku\n"CUP', "Line 2 is no CSV"),
        ("goods.csv", b"sku,name\nCUP,a,b\n", "Line 2 has 3 cells"),
        ("goods.csv", b"sku,name\nCUP,a\0b\n", "Line 2 has a NUL"),
        ("goods.csv", b"sku,sku\nCUP,a\n", "a column twice"),
        ("goods.csv", b"sku\n" + b"CUP\n" * (MOST_ROWS + 1), f"more than {MOST_ROWS} rows"),
        ("goods.csv", b"," .join([b"a%d" % n for n in range(MOST_COLUMNS + 1)]), "columns"),
        ("goods.csv", b"x" * (MOST_BYTES + 1), "larger than"),
        ("goods.xlsx", b"sku,name", "no XLSX workbook"),
        ("goods.xlsx", b"PK\x03\x04 and no more", "no XLSX workbook"),
        ("goods.xlsx", workbook(["sku"], *[["CUP"]] * (MOST_ROWS + 1)), f"than {MOST_ROWS} rows"),
    ],
)  # fmt: skip
def test_other_files_are_refused(name: str, content: bytes, refusal: str) -> None:
    with pytest.raises(Unreadable, match=refusal):
        read(name, content)


@pytest.mark.parametrize(("row", "column"), [(LONGEST + 1, 1), (2, WIDEST + 1)])
def test_far_away_cell_is_refused_and_not_dropped(row: int, column: int) -> None:
    book = Workbook()
    book.active.append(["sku"])
    book.active.cell(row=row, column=column, value="CUP")
    file = io.BytesIO()
    book.save(file)

    with pytest.raises(Unreadable, match="The sheet is more than"):
        read("goods.xlsx", file.getvalue())


def test_archive_that_unpacks_to_too_much_is_refused() -> None:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", b" " * (MOST_UNPACKED + 1))

    with pytest.raises(Unreadable, match="unpacks to more"):
        read("goods.xlsx", file.getvalue())


FORMULAS = ["=1+1", "+1+1", "-cmd|' /C calc'!A0", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "\uff1d1"]


@pytest.mark.parametrize("text", FORMULAS)
@pytest.mark.parametrize("kind", Format)
def test_formula_is_written_as_text(kind: Format, text: str) -> None:
    content = write(kind, ["name"], [[text]], numbers=())

    if kind is Format.CSV:
        assert content.decode("utf-8-sig").splitlines()[1].lstrip('"').startswith("'")
    else:
        cell = load_workbook(io.BytesIO(content)).active["A2"]
        assert cell.data_type == "s"
        assert cell.value[0] == "'"


def forged(part: str, before: str, after: str) -> bytes:
    """A small workbook, one part of which is changed."""
    file, source = io.BytesIO(), workbook(["sku"], ["CUP"])
    with zipfile.ZipFile(io.BytesIO(source)) as old, zipfile.ZipFile(file, "w", 8) as new:
        for name in old.namelist():
            text = old.read(name).decode()
            assert before in text or name != part
            new.writestr(name, text.replace(before, after, 1) if name == part else text)
    return file.getvalue()


SHEET, STYLES = "xl/worksheets/sheet1.xml", "xl/styles.xml"


@pytest.mark.parametrize(
    ("part", "before", "after", "refusal"),
    [
        (SHEET, "</row>", "<c/>" * MOST_ELEMENTS + "</row>", "too many cells"),
        (SHEET, "</sheetData>", "<row/>" * MOST_ELEMENTS + "</sheetData>", "too many cells"),
        (STYLES, "</fonts>", "<font/>" * MOST_ELEMENTS + "</fonts>", "too many cells"),
        (SHEET, "<worksheet", "<!DOCTYPE w [<!ENTITY a 'b'>]><worksheet", "defines entities"),
        ("xl/workbook.xml", "<sheet ", '<sheet sheetId="9" />' * MOST_SHEETS + "<sheet ", "sheets"),
    ],
)
def test_costly_workbook_is_refused_before_it_is_parsed(
    part: str, before: str, after: str, refusal: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = forged(part, before, after)
    monkeypatch.setattr(tables, "load_workbook", pytest.fail)

    with pytest.raises(Unreadable, match=refusal):
        read("goods.xlsx", content)


@pytest.mark.parametrize("size", ["A1", "B7", ""])
def test_sheet_of_a_wrong_size_is_read_whole(size: str) -> None:
    claim = f'<dimension ref="{size}" />' if size else ""
    content = forged(SHEET, '<dimension ref="A1:A2" />', claim)

    assert read("goods.xlsx", content).rows == [["CUP"]]


def test_largest_table_is_read_from_a_workbook() -> None:
    rows = [[f"{line}-{column}" for column in range(MOST_COLUMNS)] for line in range(MOST_ROWS + 1)]

    assert read("goods.xlsx", workbook(*rows)).rows == rows[1:]


INSIDE = [
    "Bob;@SUM(1+1)", "a;=1+1", "a;=1;b", "a|=1", "a\t=1", "a,=1", "a; =1", "a;\xa0\u200b=1", ";=1",
    'a;"=1+1;', "a;''=1", "a\n=1;b", "a\r\n=1;b", "a;\t=1", "a;\n =1", ",;=1", " =1", "a;\uff1d1",
]  # fmt: skip


@pytest.mark.parametrize("text", INSIDE)
def test_formula_is_text_whatever_separates_the_cells(text: str) -> None:
    content = write(Format.CSV, ["number", "name"], [["O-2", text], ["O-3", "b"]], numbers=())

    lines = content.decode("utf-8-sig").splitlines(keepends=True)
    for separator in ",;\t|":
        quoted = csv.reader(lines, delimiter=separator)
        literal = csv.reader(lines, delimiter=separator, quoting=csv.QUOTE_NONE)
        shown = [cell.strip('" \t\xa0\u200b') for row in chain(quoted, literal) for cell in row]
        assert not [cell for cell in shown if cell.startswith(("=", "@", "\uff1d"))]
    assert read("goods.csv", content).rows[0] == ["O-2", text]


@given(st.text() | st.text("',;|\t\r\n =-1a\""))
def test_text_comes_back_as_it_was(text: str) -> None:
    assert armed(defused(text)) == text


@pytest.mark.parametrize("character", [*",;\t\r\n '\"a=", ", ", "\r\n", ";'"])
def test_long_text_is_searched_once(character: str) -> None:
    started = process_time()
    armed(defused(character * 200_000))

    assert process_time() - started < 5


@pytest.mark.parametrize(
    "text",
    [
        "-5",
        "+4.20",
        "A-B",
        "",
        "'quoted'",
        "a, b; c",
        "a\r\n\r\nb",
        "a - b",
        "a;\n\tb",
        "a@b.example",
    ],
)
def test_other_texts_stay_as_they_are(text: str) -> None:
    assert defused(text) == text


def test_numbers_are_numbers_in_a_spreadsheet() -> None:
    content = write(Format.XLSX, ["sku", "price"], [["4711", "12.50"]], numbers=["price"])

    row = list(load_workbook(io.BytesIO(content)).active.values)[1]
    assert row == ("4711", 12.5)


@given(st.binary(), st.sampled_from(["goods.csv", "goods.xlsx"]))
def test_any_bytes_are_a_table_or_refused(content: bytes, name: str) -> None:
    with suppress(Unreadable):
        read(name, content)


BOOK = workbook(["sku", "name"], ["CUP", "A cup"])


@given(st.integers(0, len(BOOK) - 1), st.integers(0, 255))
def test_damaged_workbook_is_a_table_or_refused(place: int, byte: int) -> None:
    with suppress(Unreadable):
        read("goods.xlsx", BOOK[:place] + bytes([byte]) + BOOK[place + 1 :])
