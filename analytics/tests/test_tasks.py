"""From the fact to the figures, through the bus."""

import pytest

from analytics import services
from analytics.models import DayFigures
from analytics.tests.facts import NOON, cancelled, dispatched, placed, rejected
from bus.testing import given, settle, state_of

pytestmark = pytest.mark.django_db(transaction=True)


def test_every_fact_of_the_shop_that_counts_is_counted():
    given(placed("SO-1"), placed("SO-2"), rejected("SO-2"), cancelled("SO-2"), dispatched("SO-1"))

    settle()

    day = DayFigures.objects.get(day=NOON.date())
    assert (day.orders, day.rejected, day.cancelled, day.dispatched) == (2, 1, 1, 1)
    assert services.compare_figures(lambda _line: None).differences == []


def test_an_order_in_another_currency_is_left_to_a_person_and_the_others_count():
    given(placed("SO-1"), placed("SO-2", currency="USD"), placed("SO-3"))

    settle()

    assert DayFigures.objects.get(day=NOON.date()).orders == 2
    assert state_of("analytics.tasks.record_sales", "SO-2") == "dead"
