"""The audit of the figures: silent when they are right, and exact when they are not."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from django.db.models import F

from analytics import audit, services
from analytics.models import FIGURES, DayFigures, MinuteFigures, ProductFigures
from analytics.tests.events import cancelled, line, placed
from bus.testing import given

pytestmark = pytest.mark.django_db


@pytest.fixture
def sold():
    orders = [placed(f"SO-{n}", line(price="0.10")) for n in range(7)]
    given(*orders, cancelled("SO-1", line(price="0.10")), placed("SO-99"))
    services.record_sales(orders)  # the delivery of SO-99 is still open
    services.reverse_sales([cancelled("SO-1", line(price="0.10"))])


def test_right_figures_give_no_findings(sold):
    for check in (
        audit.figures_equal_events,
        audit.done_without_effect,
        audit.effect_without_done,
    ):
        assert list(check()) == []


def found():
    return [(finding.subject, finding.what) for finding in audit.figures_equal_events()]


def test_day_figures_above_events_are_found(sold):
    DayFigures.objects.update(revenue=5)

    assert found() == [
        ("revenue", "day figures 2026-06-01 EUR: revenue is 5.00, but 0.70 in the events")
    ]


@pytest.mark.parametrize(
    ("figures", "counter"), [(one, counter) for one in FIGURES for counter in one.counters]
)
def test_every_counter_of_every_table_is_compared(sold, figures, counter):
    figures.objects.update(**{counter: 99})

    assert [subject for subject, _what in found()] == [counter]


@pytest.mark.parametrize(
    ("figures", "column"),
    [(MinuteFigures, "minute"), (DayFigures, "day"), (ProductFigures, "day")],
)
def test_figures_of_another_time_are_found(sold, figures, column):
    figures.objects.update(**{column: F(column) - timedelta(days=1)})

    assert {"units", "revenue", "reversed_revenue"} <= {subject for subject, _what in found()}
    assert all("so are 1 more rows" in what for _subject, what in found())


def test_figures_of_another_product_are_found(sold):
    ProductFigures.objects.update(sku="TEA")

    assert {subject for subject, _what in found()} == set(ProductFigures.counters)


def test_event_counts_on_shops_day_and_in_utc_minute():
    late = datetime(2026, 6, 1, 22, 30, 59, 999999, tzinfo=UTC)
    elsewhere = late.astimezone(timezone(timedelta(hours=-5)))
    events = [
        placed("SO-1", at=late),
        placed("SO-2", line(quantity=3), line("TEA"), at=elsewhere),
    ]
    given(*events)
    services.record_sales(events)

    assert DayFigures.objects.get().day.isoformat() == "2026-06-02"
    assert found() == []
