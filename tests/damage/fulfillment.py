"""Damage to shipments."""

from contextlib import ExitStack
from datetime import timedelta

from django.utils import timezone

from bus.models import State
from fulfillment.models import Shipment
from tests.damage.planting import breaks, ledger, never_done
from tests.damage.settled import Shop


@breaks("every shipment agrees with its events", mends=False)
def release_taken_back(shop: Shop, _stack: ExitStack) -> str:
    Shipment.objects.filter(number=shop.released).update(state="open", released_at=None)
    return shop.released


@breaks("no shipment is without its order", mends=False)
def shipment_without_an_order(shop: Shop, _stack: ExitStack) -> str:
    Shipment.objects.filter(number=shop.released).update(number="SO-9")
    return "SO-9"


@breaks("every delivery of fulfillment that is done has its effect", mends=True)
def shipment_never_cancelled(shop: Shop, _stack: ExitStack) -> str:
    return never_done(shop, "cancel_shipment")


@breaks("every delivery of fulfillment that is done has its effect", mends=False)
def shipment_lost(shop: Shop, _stack: ExitStack) -> str:
    Shipment.objects.get(number=shop.released).delete()
    return shop.released


@breaks("every effect of fulfillment is done in the ledger", mends=True)
def shipment_that_is_not_done(shop: Shop, _stack: ExitStack) -> str:
    long_ago = timezone.now() - timedelta(days=1)
    return ledger(shop, "open_shipment", state=State.WAITING, due_since=long_ago)
