"""How a customer pays: by bank transfer, with the shop's account, a reference and a day.

The same on the order's page, in the mail and on the invoice, which freezes it.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from django.conf import settings

LARGEST = Decimal("999999999.99")
LONGEST_NAME = 70
LONGEST_REFERENCE = 140
LONGEST_TEXT = 331
"""Bytes: what a QR code of version 13, the largest allowed, holds at error level M."""


@dataclass(frozen=True)
class Transfer:
    """A transfer that the customer is asked to make."""

    holder: str
    iban: str
    """Without blanks; empty if the seller has none."""
    bic: str
    amount: Decimal
    currency: str
    reference: str
    due_on: date | None = None

    @property
    def grouped_iban(self) -> str:
        """In groups of four (ISO 13616)."""
        return " ".join(self.iban[start : start + 4] for start in range(0, len(self.iban), 4))

    @property
    def girocode(self) -> str:
        """The text of its Girocode, empty where there can be none: see `girocode`."""
        return girocode(self)


def transfer(amount: Decimal, currency: str, reference: str, due_on: date | None) -> Transfer:
    """The transfer of this amount to the seller of the settings."""
    seller = settings.SELLER
    account = (seller["name"], seller["iban"], seller["bic"])
    return transfer_to(*account, amount, currency, reference, due_on)


def transfer_to(
    holder: str,
    iban: str,
    bic: str,
    amount: Decimal,
    currency: str,
    reference: str,
    due_on: date | None = None,
) -> Transfer:
    """The transfer to this account, however it is spelled."""
    return Transfer(
        holder=" ".join(holder.split()),
        iban=iban.replace(" ", "").upper(),
        bic=bic.replace(" ", "").upper(),
        amount=amount,
        currency=currency,
        reference=reference,
        due_on=due_on,
    )


def due_on(issued_on: date) -> date:
    """The day until which an invoice of this date is to be paid."""
    return issued_on + timedelta(days=settings.PAYMENT_TERMS_DAYS)


def girocode(payment: Transfer) -> str:
    """The text of the QR code by which banking apps fill in a SEPA transfer (EPC069-12, v2.1).

    Version 002, in which the BIC may be missing; UTF-8; unstructured remittance information. Empty
    unless the transfer is in euros, to an IBAN, and of 0.01 to 999999999.99.
    """
    amount = payment.amount.quantize(Decimal("0.01"))
    payable = payment.currency == "EUR" and Decimal("0.01") <= amount <= LARGEST
    if not (payment.iban and payable):
        return ""
    name = payment.holder[:LONGEST_NAME]
    while len(text := _lines(payment, name, amount).encode()) > LONGEST_TEXT:
        name = name[:-1]
    return text.decode()


def _lines(payment: Transfer, name: str, amount: Decimal) -> str:
    lines = (
        "BCD",  # service tag
        "002",  # version
        "1",  # character set: UTF-8
        "SCT",  # SEPA credit transfer
        payment.bic,
        name.strip(),
        payment.iban,
        f"EUR{amount}",
        "",  # purpose
        "",  # structured remittance information
        payment.reference[:LONGEST_REFERENCE],
        "",  # information for the payer
    )
    return "\n".join(lines)
