"""The order's page: what it shows, what its feed sends, and what both cost."""

import json
from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone, translation

from bus.models import Outbox
from bus.testing import given
from orders import followed, services
from orders.models import Order
from orders.services import Basket
from orders.tests.conftest import ADA
from shop import qr
from shop.events import InvoiceIssued, InvoiceNumbered, ShipmentDispatched, StockReserved
from shop.links import token_of
from shop.payment import transfer

pytestmark = pytest.mark.django_db(transaction=True)

DUE = date(2026, 12, 14)


@pytest.fixture
def order(basket: Basket) -> Order:
    return services.checkout(basket).order


def about(order: Order) -> dict[str, Any]:
    return {"number": str(order.number), "order_id": order.public_id, "at": timezone.now()}


def reserve(order: Order) -> None:
    given(StockReserved(**about(order)))


def issue(order: Order) -> None:
    document = {"document": "INV-2026-000042", "kind": "invoice", "due_on": DUE}
    issued = {"storage_name": "a.pdf", "sha256": "0", "total": order.total, "currency": "EUR"}
    given(
        InvoiceNumbered(**about(order), **document),
        InvoiceIssued(**about(order), **document, **issued, customer=ADA),
    )


def dispatch(order: Order) -> None:
    parcel = {"carrier": "DHL", "tracking_number": "JD1", "lines": (), "customer": ADA}
    given(ShipmentDispatched(**about(order), **parcel))


def address(order: Order, part: str = "") -> str:
    return f"/orders/{token_of(order.public_id)}/{part}"


def page(order: Order) -> str:
    return Client().get(address(order)).content.decode()


def viewed(order: Order, language: str = "en-gb") -> followed.Viewed:
    return followed.Viewed(str(order.number), token_of(order.public_id), language)


@pytest.fixture
def counted() -> Iterator[CaptureQueriesContext]:
    with CaptureQueriesContext(connection) as queries:
        yield queries


def test_page_says_what_goes_on_and_what_comes_next(order: Order) -> None:
    assert "setting your goods aside; then comes the invoice" in page(order)
    reserve(order)
    assert "We are writing the invoice; then we pack your parcel" in page(order)
    issue(order)
    assert "We are getting your parcel ready, and write to you" in page(order)
    dispatch(order)
    shown = page(order)
    assert "DHL · JD1" in shown
    assert "Your goods are on their way to you" in shown


def test_no_step_is_a_bare_waiting(order: Order) -> None:
    shown = page(order)

    assert "waiting" not in shown.lower()
    assert shown.count('class="detail"') == 4


def test_page_shows_tax_by_rate_and_address(order: Order) -> None:
    shown = page(order)

    assert "of this 7\N{NO-BREAK SPACE}% tax" in shown
    assert "of this 19\N{NO-BREAK SPACE}% tax" in shown
    assert "12 Example Street" in shown


def test_page_is_neither_listed_nor_cached_nor_scripted_inline(order: Order) -> None:
    for part in ("", "progress/", "cancel/"):
        answer = Client().get(address(order, part))
        assert answer["X-Robots-Tag"] == "noindex"
        assert "no-store" in answer["Cache-Control"]
        for forbidden in ("<script>", "style=", "onclick="):
            assert forbidden not in answer.content.decode()


def test_payment_is_asked_for_once_the_invoice_has_its_number(order: Order, settings: Any) -> None:
    before = page(order)
    assert "once you have the invoice" in before
    assert Client().get(address(order, "girocode.svg")).status_code == 404

    issue(order)

    shown = page(order)
    assert "Please pay by <strong>14 December 2026</strong>" in shown
    assert "INV-2026-000042" in shown
    asked = transfer(order.total, "EUR", "INV-2026-000042", DUE)
    assert asked.grouped_iban in shown
    drawn = Client().get(address(order, "girocode.svg"))
    assert drawn.content.decode() == qr.svg(asked.girocode)
    assert drawn["Content-Type"] == "image/svg+xml"
    assert "private" in drawn["Cache-Control"]


@pytest.mark.parametrize("reason", ["cancelled", "no IBAN"])
def test_there_is_no_code_where_there_is_nothing_to_transfer(
    order: Order, settings: Any, reason: str
) -> None:
    issue(order)
    if reason == "no IBAN":
        settings.SELLER = settings.SELLER | {"iban": ""}
    else:
        services.cancel_order(order.pk, "changed my mind")

    assert "girocode" not in page(order).replace("/girocode", "")
    assert Client().get(address(order, "girocode.svg")).status_code == 404
    assert ("There is nothing to pay" in page(order)) is (reason == "cancelled")


def test_order_in_another_currency_has_no_code(basket: Basket, settings: Any) -> None:
    settings.CURRENCY = "CHF"
    order = services.checkout(basket).order
    issue(order)

    assert Client().get(address(order, "girocode.svg")).status_code == 404
    assert "INV-2026-000042" in page(order)


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


def test_unknown_link_has_no_page_and_no_feed(order: Order) -> None:
    for part in ("", "progress/", "stream/", "girocode.svg", "cancel/"):
        assert Client().get(f"/orders/{'A' * 32}/{part}").status_code == 404


def test_invoice_of_an_earlier_release_shows_no_day(order: Order) -> None:
    document = {"document": "INV-2026-000001", "kind": "invoice"}
    given(InvoiceNumbered(**about(order), **document))

    shown = page(order)

    assert "Please pay by bank transfer, as the invoice says" in shown
    assert "INV-2026-000001" in shown


def test_page_costs_the_same_queries_however_far_its_order_is(
    order: Order, counted: CaptureQueriesContext
) -> None:
    before = len(counted)
    page(order)
    first = len(counted) - before
    issue(order)
    dispatch(order)
    before = len(counted)
    page(order)

    assert len(counted) - before == first <= 8
