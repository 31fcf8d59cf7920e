"""What a document looks like as text, and that equal documents are equal bytes."""

import os
import subprocess
import sys
from datetime import date
from decimal import Decimal

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from billing import formatting, pdf
from billing.tests.events import CUSTOMER, MIXED, document, line
from shop.events import Address, Customer
from tests.support.pdf import text_of

DRAW_ELSEWHERE = """
import django; django.setup()
from hashlib import sha256
from billing import pdf, formatting
from billing.tests.events import CUSTOMER, document, line
import msgspec
lines = (line(), line("CUP-3", name="Żółć Ψυχή Щербаков"))
print(sha256(pdf.draw(document(lines))).hexdigest())
"""


def test_equal_documents_have_equal_bytes_after_other_drawings():
    content = document((line(name="Łódź"),))
    first = pdf.draw(content)

    pdf.draw(document((line(name="Щербаков"),)))

    assert pdf.draw(content) == first


def test_equal_documents_have_equal_bytes_in_every_process():
    digests = {
        subprocess.run(
            [sys.executable, "-c", DRAW_ELSEWHERE],
            env=os.environ | {"PYTHONHASHSEED": seed},
            capture_output=True,
            check=True,
            text=True,
        ).stdout
        for seed in ("1", "2")
    }

    assert len(digests) == 1
    assert len(digests.pop().strip()) == 64


@pytest.mark.poppler
def test_invoice_shows_number_parties_lines_and_total(tmp_path):
    text = text_of(pdf.draw(document()), tmp_path)

    for part in ("INV-2026-000001", "SO-100042", "23 November 2026", "Ada Lovelace", "VAT ID"):
        assert part in text
    for row in MIXED:
        assert row.sku in text
        assert row.name in text
    assert "73.22 EUR" in text
    assert formatting.iban(document().seller.iban) in text
    assert "Page 1 of 1" in text


@pytest.mark.poppler
def test_address_is_formatted_by_country(tmp_path):
    address = Address(
        line1="4 Main", city="Springfield", region="IL", postal_code="62704", country="US"
    )
    buyer = msgspec.structs.replace(CUSTOMER, address=address)
    place = {"city": "Portland", "region": "OR", "postal_code": "97201", "country": "US"}
    seller = msgspec.structs.replace(document().seller, **place)

    text = text_of(pdf.draw(document(buyer=buyer, seller=seller)), tmp_path)

    assert "Springfield, IL 62704" in text
    assert text.count("Portland, OR 97201") == 2  # above the address, and in the foot
    assert "UNITED STATES OF AMERICA" in text


@pytest.mark.poppler
def test_labels_of_missing_iban_and_vat_id_are_left_out(tmp_path):
    whole = document()
    seller = msgspec.structs.replace(whole.seller, iban="", vat_id="")

    text = text_of(pdf.draw(msgspec.structs.replace(whole, seller=seller)), tmp_path)

    assert "IBAN" not in text
    assert "VAT ID" not in text
    assert f"{seller.name}, reference {whole.number}" in text


@pytest.mark.poppler
def test_credit_note_names_invoice_that_it_corrects(tmp_path):
    note = document(
        kind="credit note",
        number="CN-2026-000001",
        corrects="INV-2026-000007",
        corrects_issued_on=date(2026, 11, 20),
    )

    text = text_of(pdf.draw(note), tmp_path)

    assert "Credit note" in text
    assert "INV-2026-000007" in text
    assert "20 November 2026" in text
    assert "-73.22" not in text


@pytest.mark.poppler
def test_hundred_lines_span_pages_with_heads_and_carried_sums(tmp_path):
    lines = tuple(line(f"SKU-{n:03}", "10.00", quantity=n + 1) for n in range(100))

    text = text_of(pdf.draw(document(lines)), tmp_path)

    pages = text.rstrip("\f").split("\f")
    assert len(pages) > 2
    for number, page in enumerate(pages, start=1):
        assert "Unit price" in page
        assert f"Page {number} of {len(pages)}" in page
    assert all(text.count(row.sku) == 2 for row in lines)  # as the SKU, and in the name
    carried = [_figure(page, "Carried forward") for page in pages[:-1]]
    assert carried == [_figure(page, "Brought forward") for page in pages[1:]]
    assert "50,500.00 EUR" in pages[-1]


@pytest.mark.poppler
def test_names_in_other_scripts_are_printed_and_markup_is_text(tmp_path):
    names = ("Zażółć gęślą jaźń", "Γιώργος Παπαδόπουλος", "Алексей Щербаков", "<b>&amp; ünd")
    lines = tuple(line(f"SKU-{n}", name=name) for n, name in enumerate(names))

    text = text_of(pdf.draw(document(lines)), tmp_path)

    for name in names:
        assert name in text


@pytest.mark.poppler
def test_long_name_is_wrapped_without_loss(tmp_path):
    name = " ".join(f"word{n:02}" for n in range(40))
    buyer = msgspec.structs.replace(CUSTOMER, name="Ω" * 190)

    text = text_of(pdf.draw(document((line(name=name),), buyer=buyer)), tmp_path)

    assert all(word in text for word in name.split())
    assert text.count("Ω") == 190


@settings(max_examples=60, deadline=None)
@given(
    name=st.text(st.characters(), max_size=200),
    city=st.text(st.characters(codec="utf-8"), max_size=120),
    price=st.decimals("0.01", "99999999.99", places=2),
    quantity=st.integers(1, 10**6),
)
def test_any_text_and_amount_can_be_drawn(name, city, price, quantity):
    address = Address(line1=name, line2=city, postal_code="\x00", city=city, country="ZZ")
    buyer = Customer(email="a@b.example", name=name, address=address)
    row = line(price=str(Decimal(price)), quantity=quantity, name=name + "x")

    content = pdf.draw(document((row,), buyer=buyer))

    assert content.startswith(b"%PDF-")


@pytest.mark.parametrize("strange", ["\U00018d09", "\u0378", "\uffff", "\u05ff", "\ue000"])
def test_unassigned_characters_can_stand_beside_right_to_left_letters(strange):
    buyer = msgspec.structs.replace(CUSTOMER, name=f"\u05d0{strange}b\u0627{strange}1")

    content = pdf.draw(document((line(),), buyer=buyer))

    assert content.startswith(b"%PDF-")


def _figure(page: str, label: str) -> str:
    return next(line.split()[-1] for line in page.splitlines() if label in line)
