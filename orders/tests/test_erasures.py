"""Two members of staff erase a customer's data."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.utils import timezone

from bus.models import Subscription
from bus.worker.registration import register
from orders.models import Erasure, Order, State
from orders.services import NotForgettable, agree_to_erasure, drop_expired_requests, request_erasure
from tests.support.pages import posting
from tests.support.staff import member

pytestmark = pytest.mark.django_db

ADD = "/admin/orders/erasure/add/"


@pytest.fixture(autouse=True)
def order() -> Order:
    """A finished one."""
    register()
    now = timezone.now()
    return Order.objects.create(
        number="SO-1", state=State.CANCELLED, placed_at=now, cancelled_at=now,
        email="ada@example.com", name="Ada Lovelace", line1="Weg 1", city="Berlin", country="DE",
    )  # fmt: skip


def agree(browser: Client, erasure: Erasure) -> str:
    page = f"/admin/orders/erasure/{erasure.pk}/agree/"
    browser.post(page, posting(browser, page).filled(), headers={"HX-Request": "true"})
    return browser.get(f"/admin/orders/erasure/{erasure.pk}/change/").content.decode()


def requested(by: str = "grace") -> Erasure:
    return request_erasure("ada@example.com", by=by, why="asked for")


def test_one_requests_and_another_one_agrees(order: Order) -> None:
    first, second = member("privacy"), member("privacy", "mallory")
    page = posting(first, ADD, "email")
    first.post(ADD, page.filled(email="ada@example.com", why="asked for in writing"))
    erasure = Erasure.objects.get()
    assert (erasure.erased_at, erasure.email) == (None, "ada@example.com")
    assert b"Another person must" in first.get("/admin/").content

    agree(first, erasure)
    order.refresh_from_db()
    assert order.name == "Ada Lovelace"

    agree(second, erasure)
    order.refresh_from_db()
    assert (order.name, order.email) == ("", "")
    erasure.refresh_from_db()
    assert (erasure.email, erasure.orders) == ("", 1)
    assert erasure.agreed_by != erasure.requested_by


def test_button_is_for_the_second_person_only() -> None:
    member("privacy")
    erasure = requested("eve")
    page = f"/admin/orders/erasure/{erasure.pk}/change/"

    assert "Agree and erase" not in member("privacy").get(page).content.decode()
    assert "Agree and erase" in member("privacy", "mallory").get(page).content.decode()


def test_own_request_cannot_be_agreed_to() -> None:
    erasure = requested("grace")

    with pytest.raises(NotForgettable, match="Another person must agree"):
        agree_to_erasure(erasure.pk, by="grace")
    with pytest.raises(IntegrityError), transaction.atomic():
        Erasure.objects.filter(pk=erasure.pk).update(
            agreed_by="grace", erased_at=timezone.now(), email=""
        )


def test_request_expires_and_can_be_made_anew() -> None:
    old = requested()
    Erasure.objects.filter(pk=old.pk).update(requested_at=timezone.now() - timedelta(days=15))

    with pytest.raises(NotForgettable, match="over 14 days old"):
        agree_to_erasure(old.pk, by="ada")

    new = requested()
    assert list(Erasure.objects.all()) == [new]


def test_request_is_refused_twice_without_reason_and_without_orders() -> None:
    requested()

    with pytest.raises(NotForgettable, match="grace has requested it already"):
        requested("heidi")
    with pytest.raises(NotForgettable, match="no order"):
        request_erasure("stranger@example.com", by="ada", why="asked for")
    with pytest.raises(NotForgettable, match="reason"):
        request_erasure("ada@example.com", by="ada", why=" ")


def test_erased_once() -> None:
    erasure = requested()
    agree_to_erasure(erasure.pk, by="ada")

    with pytest.raises(NotForgettable, match="erased already"):
        agree_to_erasure(erasure.pk, by="heidi")


def test_form_says_why_nothing_is_requested() -> None:
    browser = member("privacy")

    page = posting(browser, ADD, "email").filled(email="stranger@example.com", why="asked for")

    assert "There is no order of this address." in browser.post(ADD, page).content.decode()


@pytest.mark.parametrize("role", ["support", "accounting", "operator"])
def test_others_neither_request_nor_agree(role: str, order: Order) -> None:
    erasure = requested()
    browser = member(role)

    assert browser.get(ADD).status_code == 403
    assert browser.post(f"/admin/orders/erasure/{erasure.pk}/agree/").status_code == 403
    order.refresh_from_db()
    assert order.name == "Ada Lovelace"


def test_nothing_is_erased_before_each_app_is_subscribed(order: Order) -> None:
    Subscription.objects.filter(name="billing.tasks.restrict_documents").delete()

    with pytest.raises(NotForgettable, match="restrict_documents yet"):
        agree_to_erasure(requested().pk, by="ada")

    order.refresh_from_db()
    assert order.name == "Ada Lovelace"


def test_requests_that_nothing_came_of_are_dropped() -> None:
    old = requested()
    Erasure.objects.filter(pk=old.pk).update(requested_at=timezone.now() - timedelta(days=15))

    drop_expired_requests()

    assert not Erasure.objects.exists()
