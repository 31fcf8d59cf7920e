"""What the nightly audit finds in the stock."""

from collections.abc import Callable

import pytest

from bus.testing import given, settle
from inventory import audit, services
from inventory.models import Answer, Reservation, StockItem
from shop.testing import cancelled, placed

pytestmark = pytest.mark.django_db(transaction=True)

ALL = [
    audit.movements_add_up,
    audit.reservations_add_up,
    audit.orders_answered,
    audit.answers_stated,
    audit.cancelled_orders_hold_nothing,
]


@pytest.fixture(autouse=True)
def a_busy_day() -> None:
    services.receive_stock("CUP", 5, "first delivery")
    services.receive_stock("POT", 5, "first delivery")
    given(placed("SO-1", CUP=1, POT=2), placed("SO-2", CUP=9), cancelled("SO-1", CUP=1, POT=2))
    given(placed("SO-3", CUP=2))
    settle("inventory")


def found(check: Callable) -> list[str]:
    return [finding.subject for finding in check()]


@pytest.mark.parametrize("check", ALL)
def test_a_day_without_trouble_has_no_findings(check: Callable) -> None:
    assert found(check) == []


def test_a_number_changed_by_hand_is_found() -> None:
    StockItem.objects.filter(sku="CUP").update(on_hand=99)

    assert found(audit.movements_add_up) == ["CUP"]


def test_a_reservation_lost_by_hand_is_found() -> None:
    Reservation.objects.filter(number="SO-3").delete()

    assert found(audit.reservations_add_up) == ["CUP"]


def test_an_answer_lost_by_hand_is_found() -> None:
    Answer.objects.filter(number="SO-2").delete()

    assert found(audit.orders_answered) == ["SO-2"]
    assert found(audit.answers_stated) == ["SO-2"]


def test_an_answer_that_was_never_stated_is_found() -> None:
    Answer.objects.create(number="SO-9", granted=True)

    assert found(audit.answers_stated) == ["SO-9"]


def test_stock_held_for_a_cancelled_order_is_found() -> None:
    Reservation.objects.filter(number="SO-1", item__sku="CUP").update(state="reserved")

    assert found(audit.cancelled_orders_hold_nothing) == ["SO-1"]


def test_an_order_that_is_not_handled_yet_is_no_finding() -> None:
    given(placed("SO-4", CUP=1))

    assert found(audit.orders_answered) == []
