"""What the mails say."""

from decimal import Decimal

import pytest

from notifications.mails import compose, one_line
from notifications.tests import samples
from shop import links
from shop.events import Address, Customer, OrderFact

EVERY_FACT = [
    samples.order_confirmed(),
    samples.order_cancelled(),
    samples.invoice_issued("a.pdf"),
    samples.invoice_issued("b.pdf", kind="credit note", document="GS-2026-000003"),
    samples.shipment_dispatched(),
]


def test_the_confirmation_says_what_was_ordered_and_what_it_costs() -> None:
    mail = compose(samples.order_confirmed())

    for body in (mail.text, mail.html):
        for said in ("SO-100042", "KET-017", "Jürgen Müller", "Lange Straße 5", "10243 Berlin"):
            assert said in body
        for amount in ("1,209.90 EUR", "196.90 EUR", "1,406.80 EUR", "23.80 EUR"):
            assert amount in body
        assert "Germany" in body
        assert links.page_of(links.token_of(samples.ORDER_ID)) in body


def test_an_address_stands_as_its_country_writes_it() -> None:
    address = Address(
        line1="4 Main", city="Springfield", region="IL", postal_code="62704", country="US"
    )
    customer = Customer(email="a@example.com", name="Ada", address=address)

    mail = compose(samples.order_confirmed(customer=customer))

    for body in (mail.text, mail.html):
        assert "Springfield, IL 62704" in body


def test_amounts_of_the_plain_text_stand_in_one_column() -> None:
    text = compose(samples.order_confirmed()).text

    amounts = [line for line in text.splitlines() if line.endswith(" EUR")]
    assert len(amounts) == 6
    assert len({len(line) for line in amounts}) == 1


def test_times_are_those_of_the_shop() -> None:
    assert "23 November 2026 at 10:15" in compose(samples.order_confirmed()).text


def test_the_cancellation_says_why() -> None:
    mail = compose(samples.order_cancelled(reason="Not in stock: KET-017"))

    assert "Reason: Not in stock: KET-017" in mail.text
    assert "Not in stock: KET-017" in mail.html


@pytest.mark.parametrize(
    ("kind", "subject"),
    [
        ("invoice", "Invoice RE-2026-000017 for your order SO-100042"),
        ("credit note", "Credit note RE-2026-000017 for your order SO-100042"),
    ],
)
def test_a_document_is_called_by_its_kind(kind: str, subject: str) -> None:
    mail = compose(samples.invoice_issued("a.pdf", kind=kind))

    assert mail.subject == subject
    assert mail.kind == kind
    assert f"your {kind}" in mail.text.lower()


def test_the_dispatch_notice_says_who_carries_it_under_which_number() -> None:
    mail = compose(samples.shipment_dispatched())

    for body in (mail.text, mail.html):
        assert "DHL" in body
        assert "00340434161094015902" in body


@pytest.mark.parametrize("fact", EVERY_FACT, ids=lambda fact: fact.key)
def test_no_name_becomes_markup(fact: OrderFact) -> None:
    told = type(fact)(
        **{name: getattr(fact, name) for name in fact.__struct_fields__}
        | {"customer": samples.customer(name='<img src=x onerror="alert(1)">')}
    )

    assert "<img" not in compose(told).html


def test_a_name_cannot_write_lines_of_its_own_into_the_plain_text() -> None:
    order = samples.order_confirmed(customer=samples.customer(name="Jane\n\nTotal\t0.00 EUR"))

    assert "Hello Jane Total 0.00 EUR," in compose(order).text


def test_a_currency_without_minor_units_has_no_decimal_places() -> None:
    order = samples.order_confirmed(currency="JPY", total=Decimal(140680))

    assert "140,680 JPY" in compose(order).text


def test_one_line_keeps_what_is_visible() -> None:
    assert one_line("Ana\r\nBcc: x@y.example \u202eelif\u2028 ") == "Ana Bcc: x@y.example elif"
