"""Damage to orders."""

from contextlib import ExitStack
from decimal import Decimal
from uuid import uuid4

from django.db.models import F
from django.utils import timezone

from bus.models import State
from bus.testing import settle
from orders.models import Order, OrderLine
from orders.services import Basket, checkout
from shop.testing import CUSTOMER
from tests.damage.planting import breaks, ledger
from tests.damage.settled import Shop


@breaks("every placed order has its event", mends=True)
def order_without_event(shop: Shop, _stack: ExitStack) -> str:
    known = Order.objects.get(number=shop.released)
    lines = list(known.lines.all())
    known.pk, known.public_id, known.number, known.state = None, uuid4(), None, "draft"
    known.placed_at = known.reserved_at = None
    Order.objects.bulk_create([known])
    for line in lines:
        line.pk, line.order_id = None, known.pk
    OrderLine.objects.bulk_create(lines)
    mine = Order.objects.filter(pk=known.pk)
    mine.update(state="placed", number="SO-9", placed_at=timezone.now())
    return "SO-9"


@breaks("every cancelled order has its event", mends=True)
def cancelled_order_without_event(shop: Shop, _stack: ExitStack) -> str:
    row = Order.objects.filter(number=shop.released)
    row.update(state="cancelled", cancelled_at=timezone.now(), cancel_reason="by phone")
    return shop.released


@breaks("every order whose goods are set aside has its confirmation", mends=True)
def order_without_confirmation(_shop: Shop, _stack: ExitStack) -> str:
    late = checkout(Basket(CUSTOMER, {"CUP": 1})).order
    Order.objects.filter(pk=late.pk).update(reserved_at=timezone.now())
    settle()
    return str(late.number)


@breaks("every order with an OrderPlaced exists", mends=False)
def event_without_order(shop: Shop, _stack: ExitStack) -> str:
    Order.objects.get(number=shop.sent).delete()
    return shop.sent


@breaks("the totals of every order are those of its lines", mends=False)
def totals_changed(shop: Shop, _stack: ExitStack) -> str:
    Order.objects.filter(number=shop.sent).update(
        total=F("total") + Decimal(1), net=F("net") + Decimal(1)
    )
    return shop.sent


@breaks("every delivery of orders that is done has its effect", mends=True)
def note_lost(shop: Shop, _stack: ExitStack) -> str:
    Order.objects.filter(number=shop.released).update(reserved_at=None)
    return shop.released


@breaks("every effect of orders is done in the ledger", mends=True)
def note_that_is_not_done(shop: Shop, _stack: ExitStack) -> str:
    return ledger(shop, "note_reservation", state=State.DEAD)
