"""Stock that people book."""

import pytest

from inventory import services
from inventory.models import Movement, StockItem
from shop.testing import placed

pytestmark = pytest.mark.django_db


def test_delivery_is_added_with_its_reason() -> None:
    services.receive_stock("CUP", 5, "Miller 4711", "eve")
    services.receive_stock("CUP", 2, "Miller 4712", "eve")

    assert StockItem.objects.get(sku="CUP").on_hand == 7
    assert list(Movement.objects.values_list("on_hand", "reason", "who")) == [
        (2, "Miller 4712", "eve"),
        (5, "Miller 4711", "eve"),
    ]


@pytest.mark.parametrize(
    ("sku", "quantity", "reason"),
    [("CUP", 0, "x"), ("CUP", -1, "x"), ("CUP", 10**9, "x"), ("CUP", 1, " "), (" ", 1, "x")],
)
def test_impossible_delivery_is_refused(sku: str, quantity: int, reason: str) -> None:
    with pytest.raises(services.BadBooking):
        services.receive_stock(sku, quantity, reason)

    assert not StockItem.objects.exists()


def test_count_corrects_the_stock_with_who_and_why() -> None:
    services.receive_stock("CUP", 5, "first delivery")

    difference = services.correct_stock("CUP", 3, "two broken", "eve")

    assert difference == -2
    assert StockItem.objects.get().on_hand == 3
    correction = Movement.objects.get(kind="corrected")
    assert (correction.on_hand, correction.reason, correction.who) == (-2, "two broken", "eve")


def test_count_equal_to_the_stock_changes_nothing() -> None:
    services.receive_stock("CUP", 5, "first delivery")

    assert services.correct_stock("CUP", 5, "stocktaking", "eve") == 0
    assert not Movement.objects.filter(kind="corrected").exists()


def test_count_below_reservations_is_accepted() -> None:
    services.receive_stock("CUP", 5, "first delivery")
    services.reserve_stock([placed("SO-1", CUP=5)])

    services.correct_stock("CUP", 1, "four stolen", "eve")

    assert StockItem.objects.get().available == -4


@pytest.mark.parametrize(
    ("sku", "counted", "reason", "who"),
    [("CUP", -1, "x", "eve"), ("CUP", 1, "", "eve"), ("CUP", 1, "x", ""), ("NONE", 1, "x", "eve")],
)
def test_impossible_count_is_refused(sku: str, counted: int, reason: str, who: str) -> None:
    services.receive_stock("CUP", 5, "first delivery")

    with pytest.raises(services.BadBooking):
        services.correct_stock(sku, counted, reason, who)

    assert StockItem.objects.get().on_hand == 5


def test_counts_of_many_are_booked_with_a_movement_for_each_difference() -> None:
    services.receive_stock("CUP", 5, "first delivery")
    services.receive_stock("POT", 2, "first delivery")

    services.count_stock({"CUP": 3, "POT": 2, "JAR": 7}, "stocktaking", "eve")

    assert dict(StockItem.objects.values_list("sku", "on_hand")) == {"CUP": 3, "POT": 2, "JAR": 7}
    booked = Movement.objects.filter(reason="stocktaking")
    assert set(booked.values_list("item__sku", "kind", "on_hand", "who")) == {
        ("CUP", "corrected", -2, "eve"),
        ("JAR", "received", 7, "eve"),
    }


@pytest.mark.parametrize(
    ("count", "reason", "who"),
    [(-1, "x", "eve"), (10**9, "x", "eve"), (1, " ", "eve"), (1, "x", "")],
)
def test_impossible_counts_are_refused(count: int, reason: str, who: str) -> None:
    with pytest.raises(services.BadBooking):
        services.count_stock({"CUP": 1, "POT": count}, reason, who)

    assert not StockItem.objects.exists()
