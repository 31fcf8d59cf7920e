"""What rows and events say already is mended, once, and no effect is doubled by it."""

from contextlib import ExitStack

import pytest

from analytics.models import DayFigures
from billing.models import Invoice
from bus.audit import Operator, repair, run_checks
from bus.models import Delivery, OperatorAction, State
from bus.testing import settle
from config.demo.effects import doubled
from inventory.models import Movement, StockItem
from notifications.models import Message
from orders.models import Order
from tests.audit.findings import audit, damaged, found, texts
from tests.damage import PLANTS, Plant, Shop

pytestmark = pytest.mark.django_db(transaction=True)
GRACE = Operator("grace", "audit of November")
LEDGER_ALONE = [one for one in PLANTS if one.mends and "is_not_done" in str(one)]


def all_effects() -> dict[str, int]:
    """How many effects there are, counted in the apps' tables and in the mail folder."""
    return {
        "documents": Invoice.objects.count(),
        "mails": Message.objects.filter(state="sent").count(),
        "movements": Movement.objects.count(),
        "orders counted": sum(DayFigures.objects.values_list("orders", flat=True)),
    }


@pytest.mark.parametrize("plant", [one for one in PLANTS if one.mends], ids=str)
def test_repairable_damage_is_found_and_repaired_once(shop: Shop, plant: Plant) -> None:
    with ExitStack() as stack:
        named = plant.do(shop, stack)
        stale = run_checks()

        done = list(repair(stale, GRACE))
        again = list(repair(stale, GRACE))
        settle()

        assert named in texts(stale[plant.rule])
        assert done
        assert again == []
        assert found() == {}
        assert not any(doubled(Order.objects.values_list("number", flat=True)).values())
        assert not Delivery.objects.exclude(state=State.DONE).exists()
        written = OperatorAction.objects.filter(who="grace", why__contains="audit of November")
        assert written.count() == len(done)


@pytest.mark.parametrize("plant", LEDGER_ALONE, ids=str)
def test_repair_does_not_double_an_effect(shop: Shop, plant: Plant) -> None:
    before = all_effects()
    damaged(shop, str(plant))

    code, _printed = audit("--repair")
    settle()

    assert code == 0
    assert all_effects() == before


def test_reservation_after_cancellation_is_released(shop: Shop) -> None:
    Delivery.objects.filter(
        stream=shop.cancelled, subscription__name="inventory.tasks.reserve_stock"
    ).delete()
    before = StockItem.objects.get().reserved

    for _round in range(2):
        audit("--repair")
        settle()

    assert found() == {}
    assert StockItem.objects.get().reserved == before
