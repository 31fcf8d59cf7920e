"""How to pay: the transfer, and its Girocode by the lines of EPC069-12."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from shop import payment, qr
from shop.payment import Transfer
from shop.tests.qr_reader import read

TRANSFER = Transfer(
    holder="Bäckerei Müller GmbH",
    iban="DE02120300000000202051",
    bic="BYLADEM1001",
    amount=Decimal("23.800"),
    currency="EUR",
    reference="INV-2026-000042",
)


def test_girocode_has_the_lines_of_the_standard() -> None:
    assert TRANSFER.girocode.split("\n") == [
        "BCD",
        "002",
        "1",
        "SCT",
        "BYLADEM1001",
        "Bäckerei Müller GmbH",
        "DE02120300000000202051",
        "EUR23.80",
        "",
        "",
        "INV-2026-000042",
        "",
    ]


def test_girocode_is_read_from_its_qr_code() -> None:
    assert read(qr.modules(TRANSFER.girocode)) == TRANSFER.girocode


def test_bic_may_be_missing_in_version_002() -> None:
    assert replace(TRANSFER, bic="").girocode.split("\n")[1:6] == [
        "002", "1", "SCT", "", "Bäckerei Müller GmbH",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("amount", "line"),
    [("0.01", "EUR0.01"), ("1", "EUR1.00"), ("1000", "EUR1000.00"),
     ("999999999.99", "EUR999999999.99")],
)  # fmt: skip
def test_amount_is_written_without_grouping(amount: str, line: str) -> None:
    assert replace(TRANSFER, amount=Decimal(amount)).girocode.split("\n")[7] == line


@pytest.mark.parametrize(
    "change",
    [
        {"currency": "CHF"},
        {"iban": ""},
        {"amount": Decimal(0)},
        {"amount": Decimal("1000000000.00")},
    ],
    ids=str,
)
def test_there_is_no_girocode_for_what_it_cannot_say(change: dict[str, Any]) -> None:
    assert replace(TRANSFER, **change).girocode == ""


def test_long_names_are_cut_to_the_size_of_the_code() -> None:
    name = "漢字商店" * 25
    text = replace(TRANSFER, holder=name, reference="R" * 140).girocode

    assert len(text.encode()) <= 331
    assert name.startswith(text.split("\n")[5])
    assert text.split("\n")[10] == "R" * 140
    assert len(qr.modules(text)) <= 69  # version 13
    assert len(replace(TRANSFER, holder="A" * 100).girocode.split("\n")[5]) == 70


def test_transfer_is_to_the_account_of_the_settings(settings: Any) -> None:
    settings.SELLER = settings.SELLER | {
        "name": "The  Shop", "iban": "de02 1203 0000 0000 2020 51", "bic": "byladem1001",
    }  # fmt: skip

    asked = payment.transfer(Decimal("5.00"), "EUR", "INV-1", date(2026, 12, 14))

    assert (asked.holder, asked.iban, asked.bic) == (
        "The Shop", "DE02120300000000202051", "BYLADEM1001",
    )  # fmt: skip
    assert asked.grouped_iban == "DE02 1203 0000 0000 2020 51"


def test_invoice_is_due_after_the_days_of_the_settings(settings: Any) -> None:
    settings.PAYMENT_TERMS_DAYS = 30

    assert payment.due_on(date(2026, 12, 15)) == date(2027, 1, 14)
