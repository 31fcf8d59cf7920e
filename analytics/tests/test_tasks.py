"""From the event to the figures, through the bus."""

import pytest
from django.db.models import Sum

from analytics import services
from analytics.models import DayFigures
from analytics.tests.events import NOON, cancelled, dispatched, placed, rejected
from bus.testing import given, settle, state_of

pytestmark = pytest.mark.django_db(transaction=True)


def test_every_counting_event_type_is_counted():
    given(placed("SO-1"), placed("SO-2"), rejected("SO-2"), cancelled("SO-2"), dispatched("SO-1"))

    settle()

    counts = ("orders", "rejected", "cancelled", "dispatched")
    days = DayFigures.objects.filter(day=NOON.date())
    found = days.aggregate(**{name: Sum(name) for name in counts})
    assert found == {"orders": 2, "rejected": 1, "cancelled": 1, "dispatched": 1}
    assert services.compare_figures().differences == []


def test_orders_in_several_currencies_are_counted_side_by_side():
    given(placed("SO-1"), placed("SO-2", currency="USD"), placed("SO-3"))

    settle()

    days = DayFigures.objects.filter(day=NOON.date()).exclude(currency="")
    assert dict(days.values_list("currency", "orders")) == {"EUR": 2, "USD": 1}
    assert state_of("analytics.tasks.record_sales", "SO-2") == "done"
