"""What the dashboard shows."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.utils import timezone

from analytics import selectors, services
from analytics.tests.events import NOON, cancelled, line, placed
from bus.models import RelayState

pytestmark = pytest.mark.django_db

DAY = date(2026, 6, 1)


def test_last_sixty_minutes_have_no_gaps_and_end_with_running_one():
    services.record_sales([placed("SO-1"), placed("SO-2", at=NOON - timedelta(minutes=59))])
    services.record_sales([placed("SO-3", at=NOON - timedelta(minutes=60))])

    minutes = selectors.last_minutes(NOON)

    assert len(minutes) == 60
    assert [minutes[0]["orders"], minutes[1]["orders"], minutes[-1]["orders"]] == [1, 0, 1]
    assert minutes[-1]["at"] == datetime(2026, 6, 1, 12, 0, tzinfo=UTC).isoformat()


def test_day_totals_keep_sales_and_cancellations_apart():
    services.record_sales([placed("SO-1"), placed("SO-2", line(price="5.00"))])
    services.reverse_sales([cancelled("SO-1")])

    totals = selectors.totals(DAY)

    assert (totals["orders"], totals["cancelled"]) == (2, 1)
    assert (totals["revenue"], totals["average"], totals["reversed"]) == ("16.90", "8.45", "11.90")


def test_amounts_of_two_currencies_are_never_added_up():
    services.record_sales([placed("SO-1"), placed("SO-2", line(price="1200"), currency="JPY")])

    totals, running = selectors.totals(DAY), selectors.last_minutes(NOON)[-1]

    assert (totals["orders"], totals["revenue"]) == (2, "11.90")
    [yen] = totals["others"]
    assert (yen["currency"], yen["revenue"], yen["average"]) == ("JPY", "1200", "1200")
    assert (running["orders"], running["revenue"]) == (2, "11.90")
    assert running["others"] == {"JPY": "1200"}
    best = [(row["currency"], row["revenue"]) for row in selectors.top_products(DAY)]
    assert best == [("EUR", "11.90"), ("JPY", "1200")]


def test_currency_change_keeps_earlier_sales(settings):
    services.record_sales([placed("SO-1")])

    settings.CURRENCY = "JPY"

    totals = selectors.totals(DAY)
    assert (totals["currency"], totals["revenue"]) == ("JPY", "0")
    assert [(other["currency"], other["revenue"]) for other in totals["others"]] == [
        ("EUR", "11.90")
    ]


def test_day_without_sales_has_totals():
    assert selectors.totals(DAY)["average"] == "0.00"


def test_best_products_come_first():
    services.record_sales(
        [placed("SO-1", line("TEA", 5, "1.00"), line("MUG"), line("POT", 1, "99"))]
    )
    services.reverse_sales([cancelled("SO-9", line("JUG"))])

    assert [row["sku"] for row in selectors.top_products(DAY)] == ["POT", "MUG", "TEA"]


def test_relay_without_recent_poll_is_called_silent():
    looked_at = timezone.now() - timedelta(minutes=2)
    RelayState.objects.update_or_create(pk=RelayState.THE_ROW, defaults={"looked_at": looked_at})
    assert selectors.broker()["silent_since"] == looked_at.isoformat()

    RelayState.objects.update(looked_at=timezone.now())

    assert selectors.broker()["silent_since"] is None


def test_dashboard_takes_a_handful_of_queries(django_assert_max_num_queries):
    services.record_sales([placed(f"SO-{n}", at=timezone.now()) for n in range(50)])

    with django_assert_max_num_queries(7):
        selectors.dashboard()
