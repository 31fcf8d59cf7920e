"""A customer's checkout: one short transaction from basket to placed order."""

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import NamedTuple
from uuid import UUID, uuid4

from django.conf import settings
from django.db import transaction
from msgspec.structs import asdict

from orders.models import Order, OrderLine
from orders.services.idempotency import Repeat, claim
from orders.services.place import (
    OrderHasNoLines,
    catalogue,
    require_few,
    require_stock,
    save_as_placed,
)
from shop.events import Customer
from shop.mailboxes import mailbox
from shop.money import money, summed
from shop.spending import spend


@dataclass(frozen=True)
class Basket:
    """Quantities by SKU and the customer with the address; no prices."""

    customer: Customer
    quantities: dict[str, int]


class Price(NamedTuple):
    """An amount in a currency (ISO 4217)."""

    amount: Decimal
    currency: str


class PriceChanged(ValueError):
    """The order would cost another total than its customer expects."""

    def __init__(self, expected: Price, total: Price) -> None:
        self.expected, self.total = expected, total
        super().__init__(f"The total is {money(*total)}, not {money(*expected)}.")


class Answer(NamedTuple):
    order: Order
    repeated: bool
    """The order was placed by an earlier request with the same key."""


def checkout(
    basket: Basket,
    repeat: Repeat | None = None,
    identity: UUID | None = None,
    budget: Callable[[Basket], None] | None = None,
    expected: Price | None = None,
) -> Answer:
    """Place an order in one transaction, once per `repeat`.

    `identity` becomes its public id, so that the caller has it even if COMMIT is not answered.
    `budget` is charged for a new order, in its transaction, and raises if it is spent. A refused
    checkout leaves neither an order nor a key. `expected` is the total that the customer was shown;
    an order that is placed already is returned whatever is expected.

    Raises:
        CommitUnanswered: the outcome of COMMIT is unknown.
        OrderHasNoLines: the basket is empty.
        TooManyPieces: see `require_few`.
        UnknownProducts: a SKU is not in the catalogue, or not active.
        OutOfStock: see `place.require_stock`.
        PriceChanged: the total is not `expected`.
        KeyReused, StillRunning: see `idempotency`.
    """
    if not basket.quantities:
        raise OrderHasNoLines("The basket is empty.")
    require_few(basket.quantities)
    with transaction.atomic():
        identity = identity or uuid4()
        if repeat and (earlier := claim(repeat, identity)):
            return Answer(earlier, repeated=True)
        if budget:
            budget(basket)
        products = catalogue(set(basket.quantities))
        require_stock(basket.quantities)
        order = _draft(basket.customer)
        order.public_id = identity
        lines = [
            OrderLine(order=order, sku=sku, quantity=quantity).freeze(products[sku], order.currency)
            for sku, quantity in basket.quantities.items()
        ]
        if expected:
            _require_total(expected, order.currency, lines)
        order.save(force_insert=True)
        OrderLine.objects.bulk_create(lines)
        save_as_placed(order, lines)
    return Answer(order, repeated=False)


def _draft(customer: Customer) -> Order:
    return Order(
        email=customer.email,
        name=customer.name,
        language=customer.language,
        currency=settings.CURRENCY,
        **asdict(customer.address),
    )


def charge_recipient(basket: Basket) -> None:
    """Limit the mails that checkouts from many addresses can send to one recipient.

    Raises:
        TooManyRequests: the budget CHECKOUTS_PER_RECIPIENT is spent.
    """
    recipient = mailbox(basket.customer.email)
    spend("CHECKOUTS_PER_RECIPIENT", recipient, "There were too many orders for this e-mail.")


def _require_total(expected: Price, currency: str, lines: list[OrderLine]) -> None:
    total = Price(summed([line.amounts for line in lines]).total, currency)
    if expected != total:
        raise PriceChanged(expected, total)
