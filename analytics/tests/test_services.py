"""Counting: each event once, in its minute and on its day, to the cent."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from django.db import connection, transaction

from analytics import services
from analytics.models import CountedEvent, DayFigures, MinuteFigures, ProductFigures
from analytics.tests.events import NOON, cancelled, dispatched, line, placed, rejected

TODAY = date(2026, 6, 1)


@pytest.mark.django_db
def test_sale_counts_in_its_minute_on_its_day_and_for_its_products():
    order = placed("SO-1", line("MUG", 2), line("TEA", 1, "5.00"))

    services.record_sales([order])

    minute = MinuteFigures.objects.get()
    assert minute.minute == datetime(2026, 6, 1, 12, 0, tzinfo=UTC)
    assert (minute.orders, minute.units, minute.revenue) == (1, 3, Decimal("28.80"))
    day = DayFigures.objects.get()
    assert (day.day, day.orders, day.net) == (TODAY, 1, Decimal("24.20"))
    products = ProductFigures.objects.values_list("sku", "name", "units", "revenue")
    assert set(products) == {("MUG", "Mug", 2, Decimal("23.80")), ("TEA", "Tea", 1, Decimal(5))}


@pytest.mark.django_db
def test_day_is_in_shops_time_zone():
    late = placed("SO-1", at=datetime(2026, 5, 31, 22, 30, tzinfo=UTC))  # 00:30 in Berlin

    services.record_sales([late])

    assert DayFigures.objects.get().day == TODAY


@pytest.mark.django_db
def test_event_counts_once_however_often_it_is_delivered():
    order = placed("SO-1")

    services.record_sales([order, order])
    services.record_sales([order])

    assert DayFigures.objects.get().orders == 1
    assert CountedEvent.objects.count() == 1


@pytest.mark.django_db
def test_cancellation_counts_on_its_own_day_and_leaves_day_of_sale():
    services.record_sales([placed("SO-1", line("MUG", 3))])

    services.reverse_sales([cancelled("SO-1", line("MUG", 3), at=NOON + timedelta(days=1))])

    sale, cancellation = DayFigures.objects.order_by("day")
    assert (sale.revenue, sale.cancelled, sale.reversed_revenue) == (Decimal("35.70"), 0, 0)
    assert (cancellation.orders, cancellation.cancelled) == (0, 1)
    assert cancellation.reversed_revenue == Decimal("35.70")
    product = ProductFigures.objects.get(day=cancellation.day)
    assert (product.units, product.cancelled_units) == (0, 3)


@pytest.mark.django_db
def test_events_count_in_whatever_order_they_come():
    services.record_dispatches([dispatched("SO-1")])
    services.record_rejections([rejected("SO-2")])
    services.reverse_sales([cancelled("SO-2")])
    services.record_sales([placed("SO-2"), placed("SO-1")])

    without, euros = DayFigures.objects.order_by("currency")
    assert (without.currency, without.rejected, without.dispatched) == ("", 1, 1)
    assert (euros.currency, euros.orders, euros.cancelled) == ("EUR", 2, 1)


@pytest.mark.django_db
def test_each_order_counts_in_its_own_currency(settings):
    settings.CURRENCY = "SEK"  # what the shop sells in is nothing to what was sold
    yen = line(price="1200")

    services.record_sales([placed("SO-1"), placed("SO-2", yen, currency="JPY")])
    services.reverse_sales([cancelled("SO-2", yen, currency="JPY")])

    days = DayFigures.objects.values_list("currency", "orders", "revenue", "reversed_revenue")
    assert list(days.order_by("currency")) == [
        ("EUR", 1, Decimal("11.90"), 0),
        ("JPY", 1, Decimal(1200), Decimal(1200)),
    ]
    assert MinuteFigures.objects.count() == 2
    mugs = ProductFigures.objects.filter(sku="MUG").values_list("currency", "units")
    assert sorted(mugs) == [("EUR", 1), ("JPY", 1)]


@pytest.mark.django_db
def test_third_decimal_place_is_counted():
    dinar = line(price="0.105", currency="KWD")

    services.record_sales([placed(f"SO-{n}", dinar, currency="KWD") for n in range(3)])

    assert DayFigures.objects.get().revenue == Decimal("0.315")


@pytest.mark.django_db
def test_thousand_small_amounts_add_up_to_cent():
    for hundred in range(10):
        numbers = range(hundred * 100, hundred * 100 + 100)
        services.record_sales([placed(f"SO-{n}", line(price="0.10")) for n in numbers])

    with connection.cursor() as cursor:
        cursor.execute("SELECT revenue FROM analytics_dayfigures")
        assert cursor.fetchone() == (100_000,)
    assert DayFigures.objects.get().revenue == Decimal("100.00")


@pytest.mark.django_db
def test_batch_of_any_size_takes_four_statements(django_assert_num_queries):
    orders = [placed(f"SO-{n}", line("MUG"), line("TEA"), at=NOON) for n in range(200)]

    with django_assert_num_queries(6):  # and the savepoint around them
        services.record_sales(orders)


@pytest.mark.django_db(transaction=True)
def test_concurrent_counts_of_same_figures_add_up():
    minutes = [NOON + timedelta(minutes=n % 5) for n in range(120)]
    orders = [placed(f"SO-{n}", line("MUG"), line("TEA"), at=minutes[n]) for n in range(120)]
    # Each worker gets every order, in batches that overlap, in an order of its own.
    batches = [orders[start : start + 40] for start in range(0, 120, 20)]

    def work(turn):
        try:
            for batch in batches[turn:] + batches[:turn]:
                with transaction.atomic():
                    services.record_sales(batch[::-1] if turn % 2 else batch)
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as workers:
        list(workers.map(work, range(4)))

    day = DayFigures.objects.get()
    assert (day.orders, day.units, day.revenue) == (120, 240, 240 * Decimal("11.90"))
    assert sum(MinuteFigures.objects.values_list("orders", flat=True)) == 120
    assert set(ProductFigures.objects.values_list("units", flat=True)) == {120}
