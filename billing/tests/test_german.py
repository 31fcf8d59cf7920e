"""Documents for a buyer who reads German, and that a document's language is frozen with it."""

from datetime import date
from pathlib import Path

import msgspec
import pytest
from django.utils import translation

from billing import pdf
from billing.models import Invoice
from billing.services import issue_credit_note, issue_invoices
from billing.tests.events import CUSTOMER, MIXED, cancelled, confirmed, document, line
from shop.events import Customer
from tests.support.pdf import text_of

READER = msgspec.structs.replace(CUSTOMER, language="de")
ABROAD = msgspec.structs.replace(
    READER, address=msgspec.structs.replace(READER.address, country="AT")
)


def issued(customer: Customer = READER) -> Invoice:
    [invoice] = issue_invoices([msgspec.structs.replace(confirmed(), customer=customer)])
    return invoice


def words_of(content: bytes, tmp_path: Path) -> str:
    return " ".join(text_of(content, tmp_path).split())


@pytest.mark.django_db
@pytest.mark.poppler
def test_invoice_is_written_in_the_buyers_language(tmp_path: Path) -> None:
    invoice = issued()
    frozen = msgspec.structs.replace(
        invoice.document(), issued_on=date(2026, 11, 30), ordered_on=date(2026, 3, 1)
    )

    text = words_of(pdf.draw(frozen), tmp_path)

    assert invoice.payment_terms.startswith("Bitte zahlen Sie bis zum ")
    for words in (
        "Rechnung",
        "Ausstellungsdatum 30. November 2026",
        "Bestelldatum 1. März 2026",
        "Lieferdatum siehe Lieferschein",
        "Einzelpreis MwSt. Netto Gesamt",
        "73,22 €",
        "Verwendungszweck",
        "USt-IdNr.",
        "Seite 1 von 1",
    ):
        assert words in text
    for words in ("Invoice", "Tax", "Total", "Please", "Page"):
        assert words not in text


@pytest.mark.django_db
@pytest.mark.poppler
def test_credit_note_is_in_the_language_of_its_invoice(tmp_path: Path) -> None:
    """And not in that of the event, which may be another's."""
    issued()

    note = issue_credit_note(cancelled())

    assert note is not None
    text = words_of(pdf.draw(note.document()), tmp_path)
    assert "Stornorechnung" in text
    assert "Storno zu Rechnung" in text
    assert note.payment_terms.startswith("Es ist nichts mehr zu zahlen.")


@pytest.mark.poppler
def test_country_abroad_and_rates_are_written_in_german(tmp_path: Path) -> None:
    reduced = line(rate="0.055", quantity=1200)

    text = text_of(pdf.draw(document((reduced,), buyer=ABROAD)), tmp_path)

    assert "ÖSTERREICH" in text
    assert "5,5 %" in text
    assert "1.200" in text


@pytest.mark.parametrize("buyer", [CUSTOMER, READER])
def test_document_has_equal_bytes_whatever_language_its_worker_speaks(buyer: Customer) -> None:
    content = document(MIXED, buyer=buyer)
    first = pdf.draw(content)

    with translation.override("de"):
        assert pdf.draw(content) == first
    assert pdf.draw(document(MIXED, buyer=READER)) != pdf.draw(document(MIXED, buyer=CUSTOMER))


@pytest.mark.django_db
def test_document_of_an_earlier_release_stays_english() -> None:
    today, earlier = issued(CUSTOMER), Invoice.objects.get()
    del earlier.buyer["language"]

    assert pdf.draw(earlier.document()) == pdf.draw(today.document())
    assert earlier.customer.language == "en-gb"
