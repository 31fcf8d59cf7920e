"""A customer cancels an order on its page: asked first, once, and told the truth."""

import re
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from bus.models import Event
from orders import services
from orders.models import Order
from orders.services import Basket
from shop import submissions
from shop.commits import CommitUnanswered
from shop.links import token_of
from shop.reasons import BY_CUSTOMER

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def order(basket: Basket) -> Order:
    return services.checkout(basket).order


def place(order: Order, part: str = "cancel/") -> str:
    return f"/orders/{token_of(order.public_id)}/{part}"


def cancelled(order: Order) -> int:
    return Event.objects.filter(type="OrderCancelled", stream=order.number).count()


def test_link_to_cancel_stands_in_no_card(client: Client, order: Order) -> None:
    page = client.get(place(order, "")).content.decode()

    assert page.index(place(order)) > page.rindex("</section>")


def test_page_has_no_switch_that_would_empty_its_form(client: Client, order: Order) -> None:
    assert 'name="language"' not in client.get(place(order)).content.decode()
    assert 'name="language"' in client.get(place(order, "")).content.decode()


def test_page_asks_before_it_cancels(client: Client, order: Order) -> None:
    page = client.get(place(order)).content.decode()

    assert "This cannot be undone" in page
    assert "csrfmiddlewaretoken" in page
    assert f'name="{submissions.FIELD}"' in page
    assert cancelled(order) == 0
    assert place(order) in client.get(place(order, "")).content.decode()
    assert re.search(r"The whole order of [0-9.]+\sEUR is cancelled", page)


@pytest.mark.parametrize(
    ("typed", "kept"), [("Changed my mind", "Changed my mind"), ("", BY_CUSTOMER)]
)
def test_order_is_cancelled_with_or_without_a_reason(
    client: Client, order: Order, typed: str, kept: str
) -> None:
    answer = client.post(place(order), {"reason": typed}, follow=True)

    order.refresh_from_db()
    assert (order.state, order.cancel_reason, cancelled(order)) == ("cancelled", kept, 1)
    page = answer.content.decode()
    assert answer.redirect_chain == [(place(order, ""), 302)]
    assert "Your order is cancelled" in page
    assert ("Reason: Changed my mind" in page) is bool(typed)
    assert BY_CUSTOMER not in page


def test_form_sent_twice_cancels_once(client: Client, order: Order) -> None:
    form = {"reason": "", submissions.FIELD: submissions.new_token()}

    answers = [client.post(place(order), form) for _ in range(2)]

    assert [answer.status_code for answer in answers] == [302, 302]
    assert cancelled(order) == 1


def test_cancelled_order_is_cancelled_once(client: Client, order: Order) -> None:
    services.cancel_order(order.pk, "before")

    for answer in (client.get(place(order), follow=True), client.post(place(order), follow=True)):
        assert "Your order is cancelled already" in answer.content.decode()
    assert cancelled(order) == 1


@pytest.mark.parametrize("method", ["get", "post"])
def test_sent_order_cannot_be_cancelled_and_says_why(
    client: Client, order: Order, settings: Any, method: str
) -> None:
    Order.objects.filter(pk=order.pk).update(shipped_at=timezone.now())

    answer = getattr(client, method)(place(order))

    assert "The goods have left already" in answer.content.decode()
    assert settings.SELLER["email"] in answer.content.decode()
    assert cancelled(order) == 0
    assert "cannot be cancelled any more" in client.get(place(order, "")).content.decode()


def test_order_sent_between_page_and_form_is_not_cancelled(
    client: Client, order: Order, monkeypatch: pytest.MonkeyPatch
) -> None:
    def sent_meanwhile(pk: int, reason: str) -> Order:
        Order.objects.filter(pk=pk).update(shipped_at=timezone.now())
        raise services.NotCancellable("The goods have been sent already.")

    monkeypatch.setattr(services, "cancel_order", sent_meanwhile)

    answer = client.post(place(order), {"reason": ""})

    assert answer.status_code == 409
    assert "The goods have left already" in answer.content.decode()


def test_reason_with_control_characters_is_refused(client: Client, order: Order) -> None:
    answer = client.post(place(order), {"reason": "a\u202eb"})

    assert answer.status_code == 422
    assert "errorlist" in answer.content.decode()
    assert cancelled(order) == 0


def test_unanswered_commit_is_said_to_be_unknown(
    client: Client, order: Order, monkeypatch: pytest.MonkeyPatch
) -> None:
    def lost(*_: object) -> None:
        raise CommitUnanswered("COMMIT was sent, but its response was lost.")

    form = {"reason": "", submissions.FIELD: submissions.new_token()}
    monkeypatch.setattr(services, "cancel_order", lost)
    answer = client.post(place(order), form)

    assert answer.status_code == 503
    assert "may have been saved" in answer.content.decode()
    assert 'class="brand"' in answer.content.decode()


def test_cancellation_without_a_csrf_token_is_refused(order: Order) -> None:
    answer = Client(enforce_csrf_checks=True).post(place(order), {"reason": ""})

    assert answer.status_code == 403
    assert cancelled(order) == 0
