"""The order's page: what it shows, and what it costs."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from bus.testing import given
from orders import services
from orders.models import Order
from orders.services import Basket
from orders.tests.happening import DUE, about, address, dispatch, issue, page, reserve
from shop import qr
from shop.events import InvoiceNumbered
from shop.payment import transfer

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def order(basket: Basket) -> Order:
    return services.checkout(basket).order


@pytest.fixture
def counted() -> Iterator[CaptureQueriesContext]:
    with CaptureQueriesContext(connection) as queries:
        yield queries


def test_page_says_what_goes_on_and_what_comes_next(order: Order) -> None:
    first = page(order)
    assert "Thank you!" in first
    assert "setting your goods aside; then we write the invoice" in first
    reserve(order)
    assert "We are writing the invoice and getting your parcel ready." in page(order)
    issue(order)
    packed = page(order)
    assert "Thank you!" in packed
    assert "Dispatch" in packed
    assert "On its way" not in packed
    assert "We are getting your parcel ready, and write to you" in packed
    dispatch(order)
    shown = page(order)
    assert "DHL · JD1" in shown
    assert "On its way" in shown
    assert "Your goods are on their way to you" in shown
    assert "Thank you" not in shown


def test_no_step_is_a_bare_waiting(order: Order) -> None:
    shown = page(order)

    assert "Progress of your order" in shown
    assert "waiting" not in shown.lower()
    assert shown.count('class="detail"') == 4


def test_how_to_pay_follows_the_progress_before_the_lines(order: Order) -> None:
    shown = page(order)

    assert shown.index('id="how-far"') < shown.index('id="pay"') < shown.index('id="lines"')


def test_page_shows_tax_by_rate_and_addresses(order: Order) -> None:
    shown = page(order)

    assert "7 % tax" in shown
    assert "19 % tax" in shown
    assert "12 Example Street" in shown
    assert "We write to <strong>ada@example.com</strong>" in shown


def test_page_is_neither_listed_nor_cached_nor_scripted_inline(order: Order) -> None:
    for part in ("", "progress/", "cancel/"):
        answer = Client().get(address(order, part))
        assert answer["X-Robots-Tag"] == "noindex"
        assert "no-store" in answer["Cache-Control"]
        for forbidden in ("<script>", "style=", "onclick="):
            assert forbidden not in answer.content.decode()


def test_payment_is_due_once_the_invoice_has_its_number(order: Order, settings: Any) -> None:
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
