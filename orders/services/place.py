"""Placing an order: prices are frozen from the catalogue, and `OrderPlaced` is published once."""

from collections.abc import Iterable, Mapping
from decimal import Decimal

from django.conf import settings
from django.db import transaction

from bus import publish
from orders.models import NotADraft, Order, OrderHasNoLines, OrderLine, State
from orders.services.snapshot import snapshot
from shop.availability import available
from shop.events import OrderPlaced, Shortage
from shop.models import Product
from shop.money import Amounts, summed
from shop.selectors import sellable

FROZEN = ["name", "unit_price", "tax_rate", "net", "tax", "total"]


class UnknownProducts(ValueError):
    """The catalogue has no active product with these SKUs."""

    def __init__(self, skus: Iterable[str]) -> None:
        self.skus = sorted(skus)
        super().__init__(f"Not in the catalogue: {', '.join(self.skus)}.")


class TooManyPieces(ValueError):
    """The order has more pieces than PIECES_PER_LINE or PIECES_PER_ORDER allow."""


class OutOfStock(ValueError):
    """Fewer pieces are available than the order wants."""

    def __init__(self, shortages: Iterable[Shortage]) -> None:
        self.shortages = tuple(shortages)
        short = (
            f"{one.sku}: {one.wanted} wanted, {one.available} available" for one in self.shortages
        )
        super().__init__(f"Not in stock: {'; '.join(short)}.")


class TotalsDoNotAddUp(ValueError):
    """The order's totals are not the sums of its lines."""


def place_order(order_id: int) -> Order:
    """Place a draft with today's prices: one transaction, one `OrderPlaced`.

    Raises:
        Order.DoesNotExist: there is no such order.
        NotADraft: it is placed or cancelled already.
        OrderHasNoLines: it has no lines.
        UnknownProducts: a product has left the catalogue since the draft was written.
        TooManyPieces: see `require_few`.
        OutOfStock: see `require_stock`.
    """
    with transaction.atomic():
        order = Order.objects.select_for_update().get(pk=order_id)
        if order.state != State.DRAFT:
            raise NotADraft(f"Order {order} is {order.state}; only a draft can be placed.")
        lines = list(order.lines.select_for_update().order_by("id"))
        products = catalogue({line.sku for line in lines})
        wanted = {line.sku: line.quantity for line in lines}
        require_few(wanted)
        require_stock(wanted)
        order.currency = settings.CURRENCY  # of today's prices, whatever the draft's was
        for line in lines:
            line.freeze(products[line.sku], order.currency)
        OrderLine.objects.bulk_update(lines, FROZEN)
        save_as_placed(order, lines)
    return order


def price_draft(order_id: int) -> None:
    """Write today's prices and the shop's currency into a draft.

    A line whose product is not for sale keeps its price; if the currency changes, it costs 0.

    Raises:
        NotADraft: it is placed or cancelled already.
    """
    with transaction.atomic():
        order = Order.objects.select_for_update().get(pk=order_id)
        if order.state != State.DRAFT:
            raise NotADraft(f"Order {order} is {order.state}; its prices are frozen.")
        lines = list(order.lines.all())
        products = sellable({line.sku for line in lines})
        changed = order.currency != settings.CURRENCY
        order.currency = settings.CURRENCY
        for line in lines:
            if line.sku in products:
                line.freeze(products[line.sku], order.currency)
            elif changed:
                line.unit_price = line.net = line.tax = line.total = Decimal(0)
        OrderLine.objects.bulk_update(lines, FROZEN)
        if lines:
            order.net, order.tax, order.total = summed([line.amounts for line in lines])
            order.save(update_fields=["currency", "net", "tax", "total"])


def catalogue(skus: set[str]) -> dict[str, Product]:
    """The active products of these SKUs.

    Raises:
        UnknownProducts: one of them is not in the catalogue, or not active.
    """
    products = sellable(skus)
    if unknown := skus - products.keys():
        raise UnknownProducts(unknown)
    return products


def require_few(quantities: Mapping[str, int]) -> None:
    """Check the settings PIECES_PER_LINE and PIECES_PER_ORDER.

    Raises:
        TooManyPieces: of one product, or in all.
    """
    most = settings.PIECES_PER_LINE
    if many := sorted(sku for sku, wanted in quantities.items() if wanted > most):
        raise TooManyPieces(f"At most {most} pieces of one product: {', '.join(many)}.")
    if (pieces := sum(quantities.values())) > settings.PIECES_PER_ORDER:
        most = settings.PIECES_PER_ORDER
        raise TooManyPieces(f"At most {most} pieces in one order; these are {pieces}.")


def require_stock(quantities: Mapping[str, int]) -> None:
    """Refuse an order for more than is available; one query, no lock.

    Two orders for the last piece may both pass; the stock rejects one of them when reserving.

    Raises:
        OutOfStock: naming each SKU with the pieces wanted and available.
    """
    there = available(quantities)
    short = [
        Shortage(sku=sku, wanted=wanted, available=there[sku])
        for sku, wanted in quantities.items()
        if wanted > there.get(sku, wanted)
    ]
    if short:
        raise OutOfStock(short)


def save_as_placed(order: Order, lines: list[OrderLine]) -> None:
    """Give the order the totals of its frozen lines and save it as placed."""
    if not lines:
        raise OrderHasNoLines(f"Order {order} has no lines; add at least one product.")
    order.frozen_lines = lines
    order.net, order.tax, order.total = summed([line.amounts for line in lines])
    order.state = State.PLACED
    order.save(update_fields=["state", "currency", "net", "tax", "total"])


def publish_order_placed(order: Order) -> None:
    """Publish `OrderPlaced`; the receiver calls this in the transaction that places the order.

    Raises:
        OrderHasNoLines, TotalsDoNotAddUp: it was saved as placed without `save_as_placed`.
    """
    if not order.frozen_lines:
        raise OrderHasNoLines(f"Order {order} has no lines; add at least one product.")
    totals = Amounts(order.net, order.tax, order.total)
    if totals != summed([line.amounts for line in order.frozen_lines]):
        raise TotalsDoNotAddUp(f"Order {order}: use place_order, which computes the totals.")
    assert order.placed_at is not None
    publish(OrderPlaced(at=order.placed_at, **snapshot(order)))
