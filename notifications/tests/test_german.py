"""Mails to a customer who reads German."""

import re
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest
from django.utils import translation

from notifications.messages import Mail, compose
from notifications.mime import letter
from notifications.tests import samples

READER = msgspec.structs.replace(samples.customer(), language="de")
ENGLISH = re.compile(r"\b(your|order|the|is|was|and|of|for|this|cancelled|delivered)\b", re.I)


def german(event: Any) -> Mail:
    return compose(msgspec.structs.replace(event, customer=READER))


MAILS = {
    "confirmation": samples.order_confirmed(),
    "cancellation": samples.order_cancelled(),
    "rejection": samples.order_cancelled(rejected=True),
    "invoice": samples.invoice_issued("x.pdf"),
    "credit note": samples.invoice_issued("x.pdf", kind="credit note"),
    "dispatch": samples.shipment_dispatched(),
}


@pytest.mark.parametrize("name", MAILS)
def test_mail_has_no_english_left(name: str) -> None:
    mail = german(MAILS[name])

    for text in (mail.subject, mail.text, re.sub(r"<style.*?</style>|<[^>]*>", " ", mail.html)):
        own = text.replace("The Shop", "")
        assert not ENGLISH.findall(own), own
    assert '<html lang="de">' in mail.html
    assert "Guten Tag," in mail.text


def test_confirmation_is_written_as_a_german_shop_would() -> None:
    placed_at = datetime(2026, 11, 30, 9, 15, tzinfo=UTC)
    mail = german(msgspec.structs.replace(samples.order_confirmed(), placed_at=placed_at))

    assert mail.subject == "Ihre Bestellung SO-100042 bei The Shop"
    assert "vom 30. November 2026, 10:15 Uhr" in " ".join(mail.text.split())
    assert "1.089,00\N{NO-BREAK SPACE}€" in mail.text
    assert "MwSt." in mail.text
    assert "Deutschland" in mail.text


def test_credit_note_names_its_invoice_as_a_german_would() -> None:
    mail = german(MAILS["credit note"])

    assert "Die Stornorechnung zur Rechnung ist" in " ".join(mail.text.split())


def test_rejection_gives_its_reason_in_german() -> None:
    mail = german(samples.order_cancelled("Not in stock: Tasse and 2 more", rejected=True))

    assert "Grund: Nicht auf Lager: Tasse und 2 weitere Artikel" in mail.text


def test_credit_note_is_called_by_its_legal_name() -> None:
    mail = german(samples.invoice_issued("x.pdf", kind="credit note"))

    assert "Stornorechnung" in mail.subject
    assert "Gutschrift" not in mail.subject + mail.text + mail.html


def test_mail_is_in_its_customers_language_whatever_its_worker_speaks() -> None:
    with translation.override("de"):
        english = compose(samples.order_confirmed())
        assert english.subject.startswith("Your order")
        assert "23 November 2026" in english.text
    with translation.override("en-gb"):
        assert "23. November 2026" in german(samples.order_confirmed()).text


def test_subject_with_umlauts_reaches_the_reader() -> None:
    mail = german(samples.order_cancelled(rejected=True))

    written = letter(mail, "key").message()

    assert str(written["Subject"]).startswith("=?utf-8?")
    assert written["Content-Language"] == "de"
