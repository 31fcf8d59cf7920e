"""The Girocode on an invoice: it says what the invoice says, and stays away where it must."""

from datetime import date
from decimal import Decimal
from io import BytesIO
from typing import Any

import msgspec
import pytest
from pypdf import PdfReader
from pypdf.generic import ContentStream

from billing import pdf
from billing.document import Document
from billing.pdf.closing import CODE
from billing.tests.events import document
from shop import qr
from shop.tests.qr_reader import read

Box = tuple[float, float, float, float]


def code_of(content: bytes) -> list[Box]:
    """The boxes of the path with the most of them; a document without a code has none with many."""
    reader = PdfReader(BytesIO(content))
    path: list[Box] = []
    largest: list[Box] = []
    for page in reader.pages:
        for operands, operator in ContentStream(page.get_contents(), reader).operations:
            if operator == b"re":
                path.append(tuple(map(float, operands)))
            elif operator in (b"f", b"f*", b"n"):
                largest, path = max(largest, path, key=len), []
    return largest if len(largest) > 50 else []


def modules(boxes: list[Box]) -> list[list[bool]]:
    unit = boxes[0][3]
    left = min(x for x, *_ in boxes)
    top = max(y for _, y, *_ in boxes)
    size = round((max(x + width for x, _, width, _ in boxes) - left) / unit)
    rows = [[False] * size for _ in range(size)]
    for x, y, width, _height in boxes:
        start = round((x - left) / unit)
        for step in range(round(width / unit)):
            rows[round((top - y) / unit)][start + step] = True
    return rows


def of_seller(**changes: Any) -> Document:
    return document(seller=msgspec.structs.replace(document().seller, **changes))


def test_code_on_invoice_is_read_back_as_its_transfer() -> None:
    invoice = of_seller(name="Käse & Wein", iban="DE02 1203 0000 0000 2020 51", bic="BYLADEM1001")

    found = read(modules(code_of(pdf.draw(invoice))))

    assert found == invoice.girocode
    assert found.split("\n") == [
        "BCD", "002", "1", "SCT", "BYLADEM1001", "Käse & Wein", "DE02120300000000202051",
        "EUR73.22", "", "", "INV-2026-000001", "",
    ]  # fmt: skip


def test_code_is_large_enough_for_a_camera() -> None:
    modules_across = len(modules(code_of(pdf.draw(document())))) + 2 * qr.QUIET_ZONE

    assert CODE >= 70  # points: 25 mm
    assert CODE / modules_across > 1.2  # points of a module: 0.4 mm


@pytest.mark.parametrize(
    "other",
    [
        pytest.param(lambda: of_seller(bic=None), id="of an earlier release"),
        pytest.param(lambda: of_seller(iban=""), id="without an IBAN"),
        pytest.param(lambda: document(currency="CHF"), id="in francs"),
        pytest.param(lambda: document(total=Decimal(0)), id="of nothing"),
        pytest.param(
            lambda: document(
                kind="credit note", corrects="INV-1", corrects_issued_on=date(2026, 11, 20)
            ),
            id="credit note",
        ),
    ],
)
def test_there_is_no_code_where_there_is_nothing_to_transfer(other: Any) -> None:
    assert code_of(pdf.draw(other())) == []


def test_equal_invoices_with_a_code_have_equal_bytes() -> None:
    assert pdf.draw(document()) == pdf.draw(document())
