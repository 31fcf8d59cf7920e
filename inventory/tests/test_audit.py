"""What the nightly audit finds in the stock."""

from collections.abc import Callable

import pytest

from bus.audit import Operator
from bus.models import Delivery
from bus.store.outbox import fan_out
from bus.testing import given, settle
from inventory import audit, services
from inventory.models import Answer, Movement, Reservation, StockItem
from shop.testing import cancelled, dispatched, placed

pytestmark = pytest.mark.django_db(transaction=True)

GRACE = Operator("grace", "audit of November")


@pytest.fixture(autouse=True)
def a_busy_day() -> None:
    services.receive_stock("CUP", 5, "first delivery")
    services.receive_stock("POT", 5, "first delivery")
    given(placed("SO-1", CUP=1, POT=2), placed("SO-2", CUP=9), cancelled("SO-1", CUP=1, POT=2))
    given(placed("SO-3", CUP=2))
    settle("inventory")


def found(check: Callable) -> list[str]:
    return [finding.subject for finding in check()]


def repaired(check: Callable) -> list[str]:
    """What was done about the findings."""
    return [finding.repair(GRACE) for finding in check() if finding.repair]


def test_movements_below_zero_are_left_to_a_person() -> None:
    Movement.objects.filter(item__sku="POT", kind="received").update(on_hand=-1)

    [finding] = audit.movements_add_up()

    assert finding.repair is None
    assert "Count the shelf" in finding.asks


def test_lost_movement_is_left_to_a_person() -> None:
    Movement.objects.filter(number="SO-3").delete()

    assert found(audit.reservations_follow_movements) == ["SO-3 CUP"]
    assert [bool(one.asks) for one in audit.movements_add_up()] == [True]
    assert services.follow_movements("CUP") == ""


def test_unpublished_answer_is_found() -> None:
    Answer.objects.create(number="SO-9", granted=False)

    [finding] = audit.answers_have_events()

    assert finding.subject == "SO-9"
    assert finding.asks


def test_answer_without_reservation_is_found() -> None:
    Answer.objects.filter(number="SO-2").update(granted=True)

    assert found(audit.granted_orders_are_reserved) == ["SO-2"]


def agreeing() -> bool:
    """Whether the stock's own rows agree with each other."""
    checks = (
        audit.movements_add_up,
        audit.reservations_add_up,
        audit.reservations_follow_movements,
        audit.answers_have_events,
        audit.granted_orders_are_reserved,
    )
    return not any(map(found, checks))


def test_more_reserved_than_ordered_is_found_in_consistent_rows() -> None:
    Movement.objects.filter(number="SO-3").update(reserved=4)
    Reservation.objects.filter(number="SO-3").update(quantity=4)
    StockItem.objects.filter(sku="CUP").update(reserved=4)
    assert agreeing()

    [finding] = audit.pieces_follow_events()

    assert finding.subject == "SO-3 CUP"
    assert finding.what == "has 4 pieces reserved; OrderPlaced has 2"
    assert finding.asks


def test_more_released_than_cancelled_is_found() -> None:
    Movement.objects.filter(number="SO-1", item__sku="CUP").update(reserved=0)

    assert found(audit.pieces_follow_events) == ["SO-1 CUP", "SO-1 CUP"]


def test_reservation_of_wrong_product_or_rejected_order_is_found() -> None:
    pot = StockItem.objects.get(sku="POT")
    Movement.objects.filter(number="SO-3").update(item=pot)
    Movement.objects.create(item=pot, kind="reserved", on_hand=0, reserved=9, number="SO-2")

    assert found(audit.pieces_follow_events) == ["SO-2 POT", "SO-3 CUP", "SO-3 POT"]


def test_more_consumed_than_dispatched_is_found() -> None:
    given(dispatched("SO-3", CUP=2))
    settle("inventory")
    assert found(audit.pieces_follow_events) == []

    Movement.objects.filter(number="SO-3", kind="dispatched").update(on_hand=-3)
    StockItem.objects.filter(sku="CUP").update(on_hand=2)

    assert agreeing()
    assert found(audit.pieces_follow_events) == ["SO-3 CUP"]


def test_stock_reserved_for_cancelled_order_is_released() -> None:
    held = Reservation.objects.filter(number="SO-1", item__sku="CUP")
    held.update(state="reserved")
    assert found(audit.reservations_follow_movements) == ["SO-1 CUP"]
    # Its release is on record: releasing it once more would be refused.
    assert found(audit.done_without_effect) == []

    repaired(audit.reservations_follow_movements)

    assert held.get().state == "released"


def test_unreserved_order_with_finished_delivery_is_delivered_again() -> None:
    given(placed("SO-4", CUP=1))
    fan_out()
    Delivery.objects.filter(stream="SO-4").update(state="done")

    assert len(repaired(audit.done_without_effect)) == 1
    settle("inventory")

    assert Answer.objects.get(number="SO-4").granted


def test_order_with_open_delivery_is_no_finding() -> None:
    given(placed("SO-4", CUP=1))

    assert found(audit.done_without_effect) == []
