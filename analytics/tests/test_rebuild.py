"""A rebuild: the events are the truth, and workers need not stop for it."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from decimal import Decimal

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from msgspec.structs import replace

from analytics import services
from analytics.models import CountedEvent, DayFigures, MinuteFigures, ProductFigures
from analytics.services.rebuild import correct_figures
from analytics.tests.events import NOON, cancelled, dispatched, line, placed, rejected
from bus.store.snapshot import one_moment
from bus.testing import given

pytestmark = pytest.mark.django_db(transaction=True)

EVENTS = [
    placed("SO-1", line("MUG", 2), line("TEA", 1, "4.99")),
    placed("SO-2", at=NOON + timedelta(minutes=3)),
    placed("SO-3", at=NOON + timedelta(days=1)),
    rejected("SO-2", at=NOON + timedelta(minutes=4)),
    cancelled("SO-2", at=NOON + timedelta(minutes=5)),
    dispatched("SO-1", at=NOON + timedelta(hours=5)),
]


def silent(_line):
    """Ignore the progress."""


def count(*events):
    services.record_sales([event for event in events if type(event).__name__ == "OrderPlaced"])
    services.reverse_sales([event for event in events if type(event).__name__ == "OrderCancelled"])
    services.record_rejections(
        [event for event in events if type(event).__name__ == "StockRejected"]
    )
    services.record_dispatches(
        [event for event in events if type(event).__name__ == "ShipmentDispatched"]
    )


def figures():
    tables = (MinuteFigures, DayFigures, ProductFigures)
    columns = [(*table.key, *table.labels, *table.counters) for table in tables]
    return [
        sorted(table.objects.values_list(*names))
        for table, names in zip(tables, columns, strict=True)
    ]


def test_rebuilt_figures_equal_counted_ones():
    given(*EVENTS)
    count(*EVENTS)
    one_by_one = figures()
    for table in (MinuteFigures, DayFigures, ProductFigures, CountedEvent):
        table.objects.all().delete()

    found = services.rebuild_figures(silent)

    assert found == []
    assert figures() == one_by_one


def test_rebuild_after_change_of_currency_keeps_every_currency(settings):
    sold = [*EVENTS, placed("SO-9", line(price="1200"), currency="JPY")]
    given(*sold)
    count(*sold)
    right = figures()

    settings.CURRENCY = "SEK"
    assert services.rebuild_figures(silent) == []
    assert figures() == right

    DayFigures.objects.update(revenue=0)
    services.rebuild_figures(silent)
    assert figures() == right


def test_wrong_figures_are_named_and_corrected():
    given(*EVENTS)
    count(*EVENTS)
    right = figures()
    DayFigures.objects.filter(day="2026-06-01", currency="EUR").update(
        revenue=Decimal("1.00"), orders=9
    )
    ProductFigures.objects.filter(sku="TEA").delete()
    MinuteFigures.objects.create(minute=NOON - timedelta(days=9), units=7)

    lines = []
    services.rebuild_figures(lines.append)

    assert "day figures 2026-06-01 EUR: orders is 9, but 2 in the events" in lines
    MinuteFigures.objects.filter(units=0, orders=0, rejected=0, cancelled=0, dispatched=0).delete()
    assert figures() == right


def test_lost_figures_are_rebuilt_though_events_are_marked_as_counted():
    given(*EVENTS)
    count(*EVENTS)
    right = figures()
    DayFigures.objects.all().delete()
    MinuteFigures.objects.all().delete()
    ProductFigures.objects.all().delete()

    services.rebuild_figures(silent)

    assert figures() == right


def test_rebuilt_product_has_the_name_it_was_last_sold_under():
    renamed = replace(line("TEA"), name="Assam")
    given(placed("SO-9", line("TEA")), placed("SO-10", renamed))
    count(placed("SO-9", line("TEA")), placed("SO-10", renamed))
    ProductFigures.objects.all().delete()

    services.rebuild_figures(silent)

    assert ProductFigures.objects.get().name == "Assam"


def test_figures_are_compared_in_the_snapshot_of_an_audit():
    with one_moment():
        assert services.compare_figures().differences == []


def test_event_with_open_delivery_is_counted_once():
    given(*EVENTS)

    services.rebuild_figures(silent)
    count(*EVENTS)

    assert sum(DayFigures.objects.values_list("orders", flat=True)) == 3


def test_two_rebuilds_at_once_correct_once():
    given(*EVENTS)
    count(*EVENTS)
    DayFigures.objects.update(orders=0)
    first = services.compare_figures()
    second = services.compare_figures()
    correct_figures(first)

    with pytest.raises(services.AlreadyCorrected):
        correct_figures(second)

    assert sum(DayFigures.objects.values_list("orders", flat=True)) == 3


def test_workers_count_during_a_rebuild():
    orders = [placed(f"SO-{n}", at=NOON + timedelta(seconds=n)) for n in range(400)]
    given(*orders)
    count(*orders[:100])
    DayFigures.objects.update(orders=1000, units=3)
    MinuteFigures.objects.all().delete()

    def work(start):
        try:
            for batch in range(start, 400, 40):
                count(*orders[batch : batch + 20])
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as workers:
        counting = workers.map(work, (100, 120))
        services.rebuild_figures(silent)
        list(counting)

    day = DayFigures.objects.get()
    assert (day.orders, day.units) == (400, 400)
    assert sum(MinuteFigures.objects.values_list("orders", flat=True)) == 400
    assert services.compare_figures().differences == []


def test_command_checks_without_changing_anything(capsys):
    given(*EVENTS)
    count(*EVENTS)
    DayFigures.objects.filter(day="2026-06-01", currency="EUR").update(units=0)

    with pytest.raises(CommandError, match="1 counters are wrong"):
        call_command("rebuild_figures", "--check")
    assert DayFigures.objects.get(day="2026-06-01", currency="EUR").units == 0

    call_command("rebuild_figures")
    assert "units is 0, but 4 in the events" in capsys.readouterr().out
    call_command("rebuild_figures", "--check")
