"""Reserved pieces that a cancelled order gives back."""

import pytest

from inventory import services
from inventory.models import Movement
from inventory.tests.stock import numbers, state
from shop.testing import cancelled, dispatched, placed

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("one_order")]


def test_cancellation_releases_stock_once() -> None:
    for _time in range(2):
        services.release_stock([cancelled("SO-1", CUP=4)])

    assert numbers() == (10, 0)
    assert state() == "released"


def test_rejected_order_releases_nothing() -> None:
    services.reserve_stock([placed("SO-2", CUP=99)])

    services.release_stock([cancelled("SO-2", CUP=99)])

    assert numbers() == (10, 4)
    assert not Movement.objects.filter(number="SO-2").exists()


def test_late_cancellation_releases_no_consumed_stock() -> None:
    services.consume_stock([dispatched("SO-1", CUP=4)])

    services.release_stock([cancelled("SO-1", CUP=4)])

    assert numbers() == (6, 0)
    assert state() == "consumed"
