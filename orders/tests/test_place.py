"""An order is placed once, with the catalogue's prices, and published in the same transaction."""

from decimal import Decimal

import pytest
from django.core import serializers
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from bus.models import Event, Outbox
from bus.selectors import history
from orders import services
from orders.models import Order, OrderLine, State
from orders.services import Basket, Repeat
from orders.tests.conftest import ADA
from shop.events import OrderPlaced
from shop.models import Product

pytestmark = pytest.mark.django_db


def draft(*skus: str) -> Order:
    order = Order.objects.create(
        email="ada@example.com",
        name="Ada Lovelace",
        line1="12 Example Street",
        postal_code="10115",
        city="Berlin",
        country="DE",
    )
    OrderLine.objects.bulk_create([OrderLine(order=order, sku=sku, quantity=2) for sku in skus])
    return order


def events() -> list[OrderPlaced]:
    return [event for _, event in history(OrderPlaced)]


def test_checkout_publishes_the_whole_order_once(basket: Basket) -> None:
    order = services.checkout(basket).order

    (event,) = events()
    assert event.number == order.number == f"SO-{100_000 + order.pk}"
    assert event.order_id == order.public_id
    assert event.customer == ADA
    assert [(line.sku, line.quantity, line.total) for line in event.lines] == [
        ("MUG", 2, Decimal("24.00")),
        ("TEA", 1, Decimal("4.49")),
    ]
    assert (event.net, event.tax, event.total) == (
        Decimal("24.37"),
        Decimal("4.12"),
        Decimal("28.49"),
    )
    assert Outbox.objects.count() == 1


def test_stored_amounts_add_up(basket: Basket) -> None:
    number = services.checkout(basket).order.number

    order = Order.objects.get(number=number)
    assert order.net + order.tax == order.total
    assert all(line.net + line.tax == line.total for line in order.lines.all())
    assert sum(line.total for line in order.lines.all()) == order.total


def test_checkout_takes_ten_statements_at_most(basket: Basket) -> None:
    with CaptureQueriesContext(
        connection,
    ) as captured:
        services.checkout(basket, Repeat.of("one", {}))

    counted = [
        query["sql"]
        for query in captured.captured_queries
        if not query["sql"].startswith(("BEGIN", "COMMIT", "SAVEPOINT", "RELEASE"))
    ]
    assert len(counted) <= 10, counted


def test_larger_basket_takes_no_more_statements(basket: Basket) -> None:
    Product.objects.bulk_create(
        Product(sku=f"P{n}", name=f"Product {n}", unit_price=Decimal(1)) for n in range(100)
    )
    with CaptureQueriesContext(connection) as small:
        services.checkout(basket)

    with CaptureQueriesContext(connection) as large:
        services.checkout(Basket(ADA, {f"P{n}": 1 for n in range(100)}))

    assert len(large) == len(small)


def test_draft_is_placed_at_todays_prices(catalogue: dict[str, Product]) -> None:
    order = draft("MUG")
    services.price_draft(order.pk)
    Product.objects.filter(sku="MUG").update(unit_price=Decimal("15.00"), name="Bluer mug")

    placed = services.place_order(order.pk)

    assert placed.total == Decimal("30.00")
    assert events()[0].lines[0].name == "Bluer mug"


def test_later_prices_do_not_change_a_placed_order(basket: Basket) -> None:
    order = services.checkout(basket).order

    Product.objects.update(unit_price=Decimal("99.00"))

    assert Order.objects.get(pk=order.pk).lines.get(sku="MUG").unit_price == Decimal("12.00")


def test_order_without_lines_is_not_placed(db: None) -> None:
    order = draft()

    with pytest.raises(services.OrderHasNoLines):
        services.place_order(order.pk)

    order.refresh_from_db()
    assert order.state == State.DRAFT
    assert not events()


def test_empty_basket_is_refused(db: None) -> None:
    with pytest.raises(services.OrderHasNoLines):
        services.checkout(Basket(ADA, {}))

    assert not Order.objects.exists()


def test_order_is_not_placed_twice(catalogue: dict[str, Product]) -> None:
    order = draft("MUG")
    services.place_order(order.pk)

    with pytest.raises(services.NotADraft):
        services.place_order(order.pk)

    assert len(events()) == 1


def test_product_that_is_not_for_sale_is_not_placed(catalogue: dict[str, Product]) -> None:
    order = draft("MUG", "OLD")

    with pytest.raises(services.UnknownProducts, match="OLD"):
        services.place_order(order.pk)

    assert not events()


def test_saving_a_placed_order_again_publishes_nothing(basket: Basket) -> None:
    order = services.checkout(basket).order

    order.save()
    Order.objects.get(pk=order.pk).save()

    assert len(events()) == 1


def test_two_copies_of_draft_cannot_both_be_placed(catalogue: dict[str, Product]) -> None:
    order = draft("MUG")
    copy = Order.objects.get(pk=order.pk)
    services.place_order(order.pk)

    placed = Order.objects.get(pk=order.pk)
    copy.state, copy.net, copy.tax, copy.total = "placed", placed.net, placed.tax, placed.total
    with pytest.raises(Exception, match="is in the stream"), transaction.atomic():
        copy.save()

    assert len(events()) == 1


def test_saving_as_placed_without_place_order_is_refused(catalogue: dict[str, Product]) -> None:
    order = draft("MUG")
    order.state, order.total, order.net = State.PLACED, Decimal(1), Decimal(1)

    with pytest.raises(services.TotalsDoNotAddUp), transaction.atomic():
        order.save()

    assert Order.objects.get(pk=order.pk).state == State.DRAFT
    assert not events()


@pytest.mark.django_db(transaction=True)
def test_refused_save_leaves_nothing_without_an_outer_transaction(
    catalogue: dict[str, Product],
) -> None:
    order = draft()
    order.state = State.PLACED

    with pytest.raises(services.OrderHasNoLines):
        order.save()

    assert Order.objects.get(pk=order.pk).state == State.DRAFT


def test_order_cannot_be_created_as_placed(db: None) -> None:
    with pytest.raises(services.OrderHasNoLines), transaction.atomic():
        Order.objects.create(state=State.PLACED, name="Ada", email="ada@example.com")

    assert not Order.objects.exists()


def test_loading_a_fixture_publishes_nothing(basket: Basket) -> None:
    order = services.checkout(basket).order
    dump = serializers.serialize("json", [order])
    published = Event.objects.count()

    for loaded in serializers.deserialize("json", dump):
        loaded.save()

    assert Event.objects.count() == published
