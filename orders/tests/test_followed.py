"""The feed of the order's page: what it sends, when it ends, and what open pages cost."""

import json
from collections.abc import Iterator

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import translation

from bus.models import Outbox
from orders import followed, services, stages
from orders.models import Order
from orders.services import Basket
from orders.stages import Story
from orders.tests.happening import address, dispatch, issue, page, reserve
from shop.links import token_of

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def order(basket: Basket) -> Order:
    return services.checkout(basket).order


def viewed(order: Order, language: str = "en-gb") -> followed.Viewed:
    return followed.Viewed(str(order.number), token_of(order.public_id), language)


@pytest.fixture
def counted() -> Iterator[CaptureQueriesContext]:
    with CaptureQueriesContext(connection) as queries:
        yield queries


def test_feed_sends_the_parts_that_the_page_shows(order: Order) -> None:
    reserve(order)
    sent = followed.news({viewed(order): ""})[viewed(order)]

    shown = page(order)
    assert set(sent.data["parts"]) == set(followed.PARTS)
    for part in sent.data["parts"].values():
        assert part.strip() in shown
    assert f'data-seen="{sent.mark}"' in shown
    polled = Client().get(address(order, "progress/")).json()
    assert polled == json.loads(json.dumps(sent.data))


def test_feed_has_no_news_for_a_page_that_was_just_loaded(order: Order) -> None:
    mark = followed.mark_of(order)
    assert followed.news({viewed(order): mark}) == {}

    reserve(order)

    assert viewed(order) in followed.news({viewed(order): mark})


def test_feed_speaks_the_language_of_each_page(order: Order) -> None:
    pages = {viewed(order): "", viewed(order, "de"): ""}

    with translation.override("de"):
        sent = followed.news(pages)

    assert "Order received" in sent[viewed(order)].data["parts"]["steps"]
    assert set(sent) == set(pages)


@pytest.mark.parametrize("pages", [1, 100])
def test_open_pages_cost_one_query_while_nothing_happens(
    basket: Basket, counted: CaptureQueriesContext, pages: int
) -> None:
    orders = [services.checkout(basket).order for _ in range(pages)]
    watched = {viewed(order): followed.mark_of(order) for order in orders}

    before = len(counted)
    assert followed.news(watched) == {}

    assert len(counted) - before == 1


def test_one_order_that_moves_on_costs_its_own_queries_among_a_hundred(
    basket: Basket, counted: CaptureQueriesContext
) -> None:
    def cost(others: int) -> int:
        orders = [services.checkout(basket).order for _ in range(1 + others)]
        watched = {viewed(order): followed.mark_of(order) for order in orders}
        reserve(orders[0])
        before = len(counted)
        assert list(followed.news(watched)) == [viewed(orders[0])]
        return len(counted) - before

    assert cost(others=99) == cost(others=0)


def test_page_ends_its_feed_when_nothing_more_is_to_come(order: Order) -> None:
    for happen in (reserve, issue):
        happen(order)
    Outbox.objects.all().delete()  # all events are fanned out, and nothing is subscribed
    assert 'data-stream="' in page(order)
    assert followed.news({viewed(order): ""})[viewed(order)].data["ended"] is False

    dispatch(order)
    Outbox.objects.all().delete()

    assert 'data-stream="' not in page(order)
    assert "order.js" not in page(order)
    assert followed.news({viewed(order): ""})[viewed(order)].data["ended"] is True


def test_order_that_cannot_be_drawn_stops_no_other_page(
    basket: Basket, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    broken, other = (services.checkout(basket).order for _ in range(2))
    watched = {viewed(broken): "", viewed(other): ""}

    def broken_story(order: Order) -> Story:
        if order == broken:
            raise KeyError("a part of its history")
        return stages.story(order)

    monkeypatch.setattr(followed, "story", broken_story)

    for _ in range(2):
        assert list(followed.news(watched)) == [viewed(other)]
    logged = [record.getMessage() for record in caplog.records if record.levelname == "ERROR"]
    assert logged == [f"Order {broken.number} cannot be drawn for its live page."]

    monkeypatch.setattr(followed, "story", stages.story)
    monkeypatch.setattr(followed, "RETRY_AFTER", 0)
    assert set(followed.news(watched)) == set(watched)
