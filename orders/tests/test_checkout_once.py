"""The checkout's page sent again: one order, whatever was lost or clicked twice."""

from concurrent.futures import ThreadPoolExecutor
from threading import Event as Flag
from threading import Thread
from typing import Any

import pytest
from django.db import connections, transaction
from django.test import Client

from bus.models import Event
from orders.models import Order
from orders.tests.carts import count
from orders.tests.checkouts import ADA, URL, form_of, opened, text
from tests.support.proxy import Wire
from tests.support.wires import wired

pytestmark = pytest.mark.django_db(transaction=True)


def test_same_form_sent_again_leads_to_the_same_order(customer: Client) -> None:
    sent = opened(customer)

    first, again = customer.post(URL, sent), customer.post(URL, sent)

    assert first["Location"] == again["Location"]
    assert Order.objects.count() == Event.objects.count() == 1


def test_double_clicks_make_one_order(customer: Client) -> None:
    sent = opened(customer)

    def click(_: int) -> Any:
        try:
            return customer.post(URL, sent)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(10) as pool:
        answers = list(pool.map(click, range(10)))

    assert {answer.status_code for answer in answers} == {303}
    assert len({answer["Location"] for answer in answers}) == 1
    assert Order.objects.count() == Event.objects.count() == 1


def test_checkout_opened_again_after_a_lost_response_shows_the_order(customer: Client) -> None:
    sent = opened(customer)
    browser = Client()
    browser.cookies = customer.cookies.copy()

    lost = customer.post(URL, sent)
    again = browser.get(URL)

    assert lost["Location"] in text(again)
    assert "You have ordered already" in text(again)
    assert "differs" not in text(again)
    assert browser.post(URL, sent)["Location"] == lost["Location"]
    assert Order.objects.count() == 1


def test_second_order_can_be_prepared_after_a_lost_response(customer: Client) -> None:
    sent = opened(customer)
    browser = Client()
    browser.cookies = customer.cookies.copy()
    customer.post(URL, sent)

    prepared = browser.post(URL, form_of(browser.get(URL), "again").filled(again=""))
    answer = browser.post(URL, form_of(prepared).filled(**ADA))

    assert answer.status_code == 303
    assert Order.objects.count() == 2
    assert count(browser) == 0


def test_replay_holds_though_prices_and_stock_changed(
    customer: Client, pieces: dict[str, int], catalogue: Any
) -> None:
    sent = opened(customer)
    first = customer.post(URL, sent)
    pieces["MUG"] = 0
    catalogue["MUG"].unit_price += 1
    catalogue["MUG"].save()

    assert customer.post(URL, sent)["Location"] == first["Location"]


def test_changed_form_with_the_same_key_shows_the_order_there_is(customer: Client) -> None:
    sent = opened(customer)
    first = customer.post(URL, sent)

    answer = customer.post(URL, sent | {"line1": "Another Street 1"})

    order = Order.objects.get()
    shown = text(answer)
    assert answer.status_code == 409
    assert f'Order <span class="unbroken">{order.number}</span> of 28.49 EUR was placed' in shown
    assert first["Location"] in shown
    assert "nothing more was ordered" in shown


def test_second_order_can_be_prepared_from_there(customer: Client) -> None:
    sent = opened(customer)
    customer.post(URL, sent)
    answer = customer.post(URL, sent | {"line1": "Another Street 1"})

    prepared = customer.post(URL, form_of(answer, "again").filled(again=""))

    assert Order.objects.count() == 1
    form = form_of(prepared)
    assert form.fields["line1"] == ["Another Street 1"]
    assert form.fields["key"] != sent["key"]
    assert customer.post(URL, form.filled()).status_code == 303
    assert Order.objects.count() == 2


def test_second_order_takes_the_cart_with_it(customer: Client) -> None:
    sent = opened(customer)
    browser = Client()
    browser.cookies = customer.cookies.copy()
    customer.post(URL, sent)

    answer = browser.post(URL, sent | {"line1": "Another Street 1"})
    prepared = browser.post(URL, form_of(answer, "again").filled(again=""))
    browser.post(URL, form_of(prepared).filled())

    assert Order.objects.count() == 2
    assert count(browser) == 0


@pytest.mark.postgres
@pytest.mark.parametrize("mode", [Wire.COMMIT_UNANSWERED, Wire.COMMIT_LOST])
def test_unanswered_commit_is_said_and_repeated_safely(customer: Client, mode: Wire) -> None:
    sent = opened(customer)
    with wired() as wire:
        wire.set(mode)
        lost = customer.post(URL, sent)
        wire.set(Wire.FINE)

        shown = text(lost)
        assert lost.status_code == 503
        assert "may have been placed" in shown
        link = shown.partition('order-link">')[2].partition('href="')[2].partition('"')[0]
        found = customer.get(link).status_code
        assert found == (200 if Order.objects.exists() else 404)

        again = customer.post(URL, form_of(lost).filled())
        assert again.status_code == 303
        assert customer.get(again["Location"]).status_code == 200
    assert Order.objects.count() == 1
    assert count(customer) == 0


@pytest.mark.postgres
def test_connection_lost_before_commit_is_said_and_repeated(customer: Client) -> None:
    sent = opened(customer)
    with wired() as wire:
        wire.set(Wire.CUT)
        lost = customer.post(URL, sent)
        wire.set(Wire.FINE)

        assert lost.status_code == 503
        assert "Nothing was ordered" in text(lost)
        assert not Order.objects.exists()
        assert customer.post(URL, form_of(lost).filled()).status_code == 303
    assert Order.objects.count() == 1


@pytest.mark.postgres
def test_first_click_that_still_runs_is_said_and_repeated(customer: Client) -> None:
    sent = opened(customer)
    claimed, finish = Flag(), Flag()

    def first() -> None:
        try:
            with transaction.atomic():
                customer.post(URL, sent)
                claimed.set()
                finish.wait(10)
        finally:
            connections.close_all()

    thread = Thread(target=first)
    thread.start()
    assert claimed.wait(5)
    waiting = customer.post(URL, sent)
    finish.set()
    thread.join()

    assert waiting.status_code == 409
    assert "Your order is being placed" in text(waiting)
    assert customer.post(URL, form_of(waiting).filled()).status_code == 303
    assert Order.objects.count() == 1
