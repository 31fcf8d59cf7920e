"""What the mails say."""

import re
from dataclasses import replace
from decimal import Decimal
from email.header import decode_header, make_header
from typing import Any

import msgspec
import pytest

from notifications.messages import compose, one_line
from notifications.mime import letter
from notifications.tests import samples
from shop import links
from shop.events import Address, Customer, OrderCancelled, OrderEvent

EVERY_EVENT = [
    samples.order_confirmed(),
    samples.order_cancelled(),
    samples.invoice_issued("a.pdf"),
    samples.invoice_issued("b.pdf", kind="credit note", document="GS-2026-000003"),
    samples.shipment_dispatched(),
]


def test_confirmation_has_lines_and_total() -> None:
    mail = compose(samples.order_confirmed())

    for body in (mail.text, mail.html):
        for said in ("SO-100042", "KET-017"):
            assert said in body
        for amount in ("1,209.90 EUR", "196.90 EUR", "1,406.80 EUR", "23.80 EUR"):
            assert amount in body
        assert links.page_of(links.token_of(samples.ORDER_ID)) in body


@pytest.mark.parametrize("event", EVERY_EVENT, ids=lambda event: event.key)
def test_mail_says_of_an_amount_and_not_over_it(event: OrderEvent) -> None:
    """An order over 10 EUR would be any that costs more."""
    assert not re.search(r"over [0-9]", compose(event).html)


def test_confirmation_says_what_delivery_costs_and_how_to_pay() -> None:
    mail = compose(samples.order_confirmed())

    for body in (mail.text, mail.html):
        words = " ".join(body.split())
        assert "free of charge" in words
        assert "The invoice comes in a separate mail; you pay it by bank transfer." in words


def test_amounts_in_plain_text_are_aligned() -> None:
    text = compose(samples.order_confirmed()).text

    amounts = [line for line in text.splitlines() if line.endswith(" EUR")]
    assert len(amounts) == 6
    assert len({len(line) for line in amounts}) == 1


def test_times_are_in_the_shops_time_zone() -> None:
    assert "23 November 2026 at 10:15" in compose(samples.order_confirmed()).text


@pytest.mark.parametrize("event", EVERY_EVENT, ids=lambda event: event.key)
def test_mails_contain_nothing_typed_by_the_customer(event: OrderEvent) -> None:
    """The address is not confirmed: a stranger would read what the customer typed."""
    typed = dict.fromkeys(("line1", "line2", "city", "region"), "VISIT evil.example")
    customer = Customer(
        email="victim@example.com",
        name="CHEAP PILLS",
        address=Address(**typed, postal_code="66666", country="DE"),
    )
    changed: dict[str, Any] = {"customer": customer}
    if isinstance(event, OrderCancelled):
        changed["reason"] = "VISIT evil.example"
    mail = compose(msgspec.structs.replace(event, **changed))

    written = letter(replace(mail, document=None), "key").message()

    shown = [str(make_header(decode_header(value))) for _, value in written.items()]
    shown += [part.get_payload(decode=True).decode() for part in written.walk()
              if part.get_content_maintype() == "text"]  # fmt: skip
    for text in shown:
        assert "PILLS" not in text
        assert "evil" not in text
        assert "66666" not in text


def test_dispatch_mail_leads_to_the_order_and_its_delivery() -> None:
    mail = compose(samples.shipment_dispatched())

    for body in (mail.text, mail.html):
        assert "View your order and its delivery" in body


def test_cancellation_mail_promises_no_reason_on_the_page() -> None:
    """A customer may cancel without one."""
    mail = compose(samples.order_cancelled(reason=""))

    for body in (mail.text, mail.html):
        assert "View your order" in body
        assert "reason" not in body


def test_rejection_mail_has_the_shops_own_reason() -> None:
    rejected = samples.order_cancelled(reason="Not in stock: Kettle", rejected=True)

    assert "Not in stock: Kettle" in compose(rejected).text


@pytest.mark.parametrize(
    ("kind", "subject"),
    [
        ("invoice", "Invoice RE-2026-000017 for your order SO-100042"),
        ("credit note", "Credit note RE-2026-000017 for your order SO-100042"),
    ],
)
def test_attached_document_is_named_by_its_kind(kind: str, subject: str) -> None:
    mail = compose(samples.invoice_issued("a.pdf", kind=kind))

    assert mail.subject == subject
    assert mail.kind == kind
    assert f"your {kind}" in mail.text.lower()


def test_credit_note_names_the_invoice_that_it_takes_back() -> None:
    known = samples.invoice_issued("a.pdf", kind="credit note", corrects="RE-2026-000016")
    earlier = samples.invoice_issued("a.pdf", kind="credit note")

    assert "The credit note for invoice RE-2026-000016" in " ".join(compose(known).text.split())
    assert ">RE-2026-000016</strong>" in compose(known).html
    assert "The credit note for its invoice" in " ".join(compose(earlier).text.split())


def test_dispatch_notice_has_carrier_and_tracking_number() -> None:
    mail = compose(samples.shipment_dispatched())

    for body in (mail.text, mail.html):
        assert "DHL" in body
        assert "00340434161094015902" in body


def test_currency_without_minor_units_has_no_decimal_places() -> None:
    order = samples.order_confirmed(currency="JPY", total=Decimal(140680))

    assert "140,680 JPY" in compose(order).text


def test_one_line_removes_invisible_characters() -> None:
    assert one_line("Ana\r\nBcc: x@y.example \u202eelif\u2028 ") == "Ana Bcc: x@y.example elif"
