"""What a cart costs today, and what the customer has to know about its lines."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum

from django.conf import settings

from orders.carts import Wish
from orders.models import Order
from shop.availability import available
from shop.models import Product
from shop.money import Amounts, line_amounts, plain, summed


class Trouble(StrEnum):
    """Why a line cannot be ordered as it is."""

    GONE = "gone"
    SOLD_OUT = "sold out"
    SHORT = "short"
    TOO_MANY = "too many"


@dataclass(frozen=True)
class Row:
    """One line. `product` is None if the catalogue has none; `was` is the price shown before."""

    sku: str
    quantity: int
    product: Product | None
    amounts: Amounts
    was: Decimal | None = None
    trouble: Trouble | None = None
    pieces: int | None = None
    """So many can be ordered; None where no app keeps a stock."""

    @property
    def name(self) -> str:
        return self.product.name if self.product else self.sku

    @property
    def price(self) -> Decimal:
        return self.product.price if self.product else Decimal(0)

    @property
    def repriced(self) -> bool:
        return self.was is not None

    @property
    def most(self) -> int:
        """How many can be ordered now."""
        if self.trouble in (Trouble.GONE, Trouble.SOLD_OUT):
            return 0
        limits = [self.quantity, settings.PIECES_PER_LINE]
        return min(limits if self.pieces is None else [*limits, self.pieces])

    @property
    def dearer(self) -> bool:
        return self.was is not None and self.price > self.was


@dataclass(frozen=True)
class Summary:
    """A cart's rows in its order, and the sums of those that are for sale."""

    rows: list[Row]
    currency: str
    taxes: list[tuple[Decimal, Amounts]] = field(default_factory=list)
    """The amounts by tax rate, lowest first."""

    @property
    def sums(self) -> Amounts:
        nothing = Amounts(Decimal(0), Decimal(0), Decimal(0))
        return summed([amounts for _, amounts in self.taxes]) if self.taxes else nothing

    @property
    def total_text(self) -> str:
        """The total as the API writes it."""
        return plain(self.sums.total, self.currency)

    @property
    def troubles(self) -> list[Row]:
        return [row for row in self.rows if row.trouble]

    @property
    def repriced(self) -> list[Row]:
        return [row for row in self.rows if row.repriced]

    @property
    def wishes(self) -> dict[str, Wish]:
        """The lines with the prices of this summary."""
        return {row.sku: Wish(row.quantity, row.price) for row in self.rows}

    @property
    def possible(self) -> dict[str, Wish]:
        """The lines cut to what can be ordered now."""
        return {row.sku: Wish(row.most, row.price) for row in self.rows if row.most}


def summarized(wishes: Mapping[str, Wish]) -> Summary:
    """Today's prices and stock of these lines: two queries, none for an empty cart."""
    if not wishes:
        return Summary([], settings.CURRENCY)
    products = {
        one.sku: one
        for one in Product.objects.filter(sku__in=list(wishes)).select_related("category")
    }
    there = available([sku for sku in wishes if sku in products])
    rows = [_row(sku, wish, products.get(sku), there.get(sku)) for sku, wish in wishes.items()]
    by_rate: dict[Decimal, list[Amounts]] = {}
    for row in rows:
        if row.product and row.trouble is not Trouble.GONE:
            by_rate.setdefault(row.product.tax_rate, []).append(row.amounts)
    taxes = [(rate, summed(amounts)) for rate, amounts in sorted(by_rate.items())]
    return Summary(rows, settings.CURRENCY, taxes)


def summary_of(order: Order) -> Summary:
    """The sums of a placed order, as its lines were frozen; without rows."""
    by_rate: dict[Decimal, list[Amounts]] = {}
    for line in order.frozen_lines:
        by_rate.setdefault(line.tax_rate, []).append(line.amounts)
    taxes = [(rate, summed(amounts)) for rate, amounts in sorted(by_rate.items())]
    return Summary([], order.currency, taxes)


def _row(sku: str, wish: Wish, product: Product | None, pieces: int | None) -> Row:
    if product is None or not product.active:
        nothing = Amounts(Decimal(0), Decimal(0), Decimal(0))
        return Row(sku, wish.quantity, product, nothing, trouble=Trouble.GONE)
    trouble = None
    if pieces == 0:
        trouble = Trouble.SOLD_OUT
    elif pieces is not None and wish.quantity > pieces:
        trouble = Trouble.SHORT
    elif wish.quantity > settings.PIECES_PER_LINE:
        trouble = Trouble.TOO_MANY
    currency = settings.CURRENCY
    amounts = line_amounts(product.price, product.tax_rate, wish.quantity, currency)
    was = wish.price if wish.price != product.price else None
    return Row(sku, wish.quantity, product, amounts, was, trouble, pieces)
