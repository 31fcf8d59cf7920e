"""The content of an invoice or a credit note, frozen on the day of its issue."""

from datetime import date
from decimal import Decimal

import msgspec

from shop.events import Customer, Line
from shop.payment import transfer_to


class Seller(msgspec.Struct, frozen=True, kw_only=True):
    """The issuer of the document."""

    name: str
    line1: str
    line2: str = ""
    postal_code: str
    city: str
    region: str = ""
    country: str
    vat_id: str
    email: str
    iban: str
    bic: str | None = None
    """None in documents of earlier releases, which are drawn without a Girocode."""


class TaxSum(msgspec.Struct, frozen=True, kw_only=True):
    """The sums of all lines with one tax rate; `rate` is a fraction, 0.19 for 19 %."""

    rate: Decimal
    net: Decimal
    tax: Decimal
    total: Decimal


class Document(msgspec.Struct, frozen=True, kw_only=True):
    """Everything the PDF shows; equal documents give equal bytes.

    The fields are those that Art. 226 of Directive 2006/112/EC and section 14 (4) UStG ask for.
    """

    kind: str
    number: str
    order_number: str
    ordered_on: date
    issued_on: date
    corrects: str = ""
    corrects_issued_on: date | None = None
    seller: Seller
    buyer: Customer
    lines: tuple[Line, ...]
    taxes: tuple[TaxSum, ...]
    net: Decimal
    tax: Decimal
    total: Decimal
    currency: str
    payment_terms: str

    @property
    def girocode(self) -> str:
        """The text of the QR code for paying it; empty where there is none."""
        seller = self.seller
        if self.corrects or seller.bic is None:
            return ""
        account = (seller.name, seller.iban, seller.bic)
        return transfer_to(*account, self.total, self.currency, self.number).girocode


def tax_sums(lines: tuple[Line, ...]) -> tuple[TaxSum, ...]:
    """The sums per rate, the highest rate first (Art. 226 (8) of Directive 2006/112/EC)."""
    rates = sorted({line.tax_rate for line in lines}, reverse=True)
    return tuple(_tax_sum(rate, [ln for ln in lines if ln.tax_rate == rate]) for rate in rates)


def _tax_sum(rate: Decimal, lines: list[Line]) -> TaxSum:
    return TaxSum(
        rate=rate,
        net=sum((line.net for line in lines), Decimal(0)),
        tax=sum((line.tax for line in lines), Decimal(0)),
        total=sum((line.total for line in lines), Decimal(0)),
    )
