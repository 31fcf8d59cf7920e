"""The admin's first page: what needs a person and the day's figures, to those who may view them."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
import time_machine
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from analytics.models import DayFigures, MinuteFigures
from bus.models import AuditResult
from fulfillment.models import Shipment
from inventory.services import receive_stock
from orders.models import Order, State
from shop.models import Product
from shop.testing import SHOP
from tests.support.staff import member

pytestmark = pytest.mark.django_db


def test_first_page_shows_what_needs_a_person(admin_client: Client) -> None:
    AuditResult.objects.create(rule="sums add up", findings=3, unseen=False)

    page = admin_client.get("/admin/").content.decode()

    assert "Needs a person" in page
    assert "Not true: sums add up" in page
    assert 'href="/admin/bus/auditresult/"' in page
    assert admin_client.get("/admin/bus/auditresult/").status_code == 200


def test_audit_page_shows_each_rule_with_its_result(admin_client: Client) -> None:
    for result, findings, unseen in (
        ("holds", 0, False),
        ("does not hold", 3, False),
        ("not seen", 0, True),
    ):
        row = AuditResult.objects.create(rule=f"rule {result}", findings=findings, unseen=unseen)
        page = admin_client.get(f"/admin/bus/auditresult/{row.pk}/change/").content.decode()
        assert result in page.replace(row.rule, "")


def test_empty_list_offers_what_can_be_done(admin_client: Client) -> None:
    audit = admin_client.get("/admin/bus/auditresult/").content.decode()
    searched = admin_client.get("/admin/shop/product/?q=cup").content.decode()

    assert "The audit has not run yet." in audit
    assert "There is no delivery yet." in admin_client.get("/admin/bus/delivery/").content.decode()
    assert "Create a new item" not in audit + searched
    assert "Reset filters" not in audit
    assert "No product matches the search and the filters." in searched
    assert "Reset filters" in searched


def test_admin_shows_booleans_as_words(admin_client: Client) -> None:
    user = User.objects.get()

    page = admin_client.get("/admin/auth/user/").content.decode()

    assert user.is_staff
    assert "<span>yes</span>" in page
    assert "close_small" not in page
    assert "check_small" not in page


def test_first_page_says_when_nothing_needs_a_person(admin_client: Client) -> None:
    page = admin_client.get("/admin/").content.decode()

    assert "report no trouble" in page


def test_staff_without_permission_see_no_list_of_deliveries(client: Client) -> None:
    client.force_login(User.objects.create_user("bea", is_staff=True))

    page = client.get("/admin/").content.decode()

    assert "Needs a person" not in page


CARDS = {
    "Needs a person": {"operator"},
    "Orders today": {"support", "accounting"},
    "Latest orders": {"support", "accounting"},
    "Revenue today": {"accounting"},
    "Revenue of 14 days": {"accounting"},
    "To pack": {"support", "warehouse"},
    "Low in stock": {"support", "warehouse"},
}


@pytest.mark.parametrize("role", ["support", "warehouse", "accounting", "operator"])
def test_first_page_shows_the_cards_of_the_role(role: str) -> None:
    page = member(role).get("/admin/").content.decode()

    assert {card for card in CARDS if f">{card}" in page.replace("\n", "").replace("  ", "")} == {
        card for card, roles in CARDS.items() if role in roles
    }


def test_first_page_without_any_card_says_what_to_do(client: Client) -> None:
    client.force_login(User.objects.create_user("bea", is_staff=True))

    assert "ask an administrator for a role" in client.get("/admin/").content.decode()


def an_order(number: int, **more: Any) -> Order:
    row = Order(
        number=f"SO-{number}", email="ada@example.com", name="Ada", line1="Weg",
        country="DE", currency="EUR", total=Decimal("11.90"), net=Decimal("10"),
        tax=Decimal("1.90"), **{"state": State.PLACED, "placed_at": timezone.now(), **more},
    )  # fmt: skip
    return Order.objects.bulk_create([row])[0]


def a_day(count: int, first: int = 0) -> None:
    """So many orders, shipments to pack, and products that are low in stock."""
    for number in range(first, first + count):
        an_order(number)
        Shipment.objects.create(
            number=f"SO-{number}", order_id=SHOP, state="released", recipient="Ada", line1="Weg",
            email="ada@example.com", country="DE", released_at=timezone.now(),
        )  # fmt: skip
        Product.objects.create(sku=f"CUP-{number:03}", name="A cup", unit_price=Decimal("11.90"))
        receive_stock(f"CUP-{number:03}", 2, "delivery note")


@pytest.fixture
def noon() -> Iterator[datetime]:
    """Today's noon in the shop's time zone, at which the clock stands."""
    now = timezone.localtime().replace(hour=12, minute=30, second=0, microsecond=0)
    with time_machine.travel(now, tick=False):
        yield now


def test_first_page_compares_with_last_week_until_the_same_time(
    admin_client: Client, noon: datetime
) -> None:
    for number, ago in enumerate(({}, {}, {"days": 7, "minutes": 1}, {"days": 6, "hours": 23})):
        an_order(number, placed_at=noon - timedelta(**ago))
    for ago, revenue in (({"days": 7, "minutes": 1}, "8"), ({"days": 6, "hours": 23}, "5")):
        minute = noon - timedelta(**ago)
        MinuteFigures.objects.create(minute=minute, currency="EUR", revenue=Decimal(revenue))
    DayFigures.objects.create(day=noon.date(), currency="EUR", orders=2, revenue=Decimal("10"))

    shown = admin_client.get("/admin/").context

    assert (shown["orders"].today, shown["orders"].before, shown["orders"].percent) == (2, 1, 100)
    assert (shown["revenue"].today, shown["revenue"].before) == (Decimal("10"), Decimal("8"))
    assert shown["revenue"].percent == 25
    assert [bar.height for bar in shown["trend"]] == [0] * 13 + [100]


def test_first_page_says_what_was_cancelled_of_the_revenue(
    admin_client: Client, noon: datetime
) -> None:
    without = admin_client.get("/admin/").content.decode()
    for ago, reversed_revenue in ((0, "101"), (3, "50.50")):
        DayFigures.objects.create(
            day=noon.date() - timedelta(days=ago), currency="EUR", orders=1,
            revenue=Decimal("200"), reversed_revenue=Decimal(reversed_revenue),
        )  # fmt: skip

    page = admin_client.get("/admin/").content.decode().replace("\xa0", " ")

    assert "before cancellations" not in without
    assert "before cancellations of 101.00 EUR" in page
    assert "before cancellations of 151.50 EUR" in page


@pytest.mark.parametrize(
    ("revenue", "marks", "height"),
    [
        ("0", [1, 0], "0"),
        ("0.50", [1, 0], "50"),
        ("10", [10, 5, 0], "100"),
        ("410", [600, 400, 200, 0], "68.3"),
        ("5210.40", [6000, 4000, 2000, 0], "86.8"),
    ],
)
def test_revenue_has_a_scale_of_round_figures(
    admin_client: Client, noon: datetime, revenue: str, marks: list[int], height: str
) -> None:
    DayFigures.objects.create(day=noon.date(), currency="EUR", orders=2, revenue=Decimal(revenue))

    shown = admin_client.get("/admin/").context

    assert shown["scale"] == marks
    assert shown["trend"][-1].height == Decimal(height)


def test_revenue_is_shown_in_figures(admin_client: Client, noon: datetime) -> None:
    for ago, revenue in ((0, "1234.60"), (1, "400")):
        DayFigures.objects.create(
            day=noon.date() - timedelta(days=ago), currency="EUR", orders=2, revenue=revenue
        )

    page = admin_client.get("/admin/").content.decode().replace("\xa0", " ")

    assert "1,634.60 EUR in all" in page
    assert page.count("</text>") == 2
    assert ">1,235</text>" in page


def test_admin_has_the_shops_icon(admin_client: Client) -> None:
    page = admin_client.get("/admin/").content.decode()

    assert page.count("shop/favicon") == 2  # beside the name, and in the browser's tab


def test_first_page_counts_orders_by_phase(admin_client: Client) -> None:
    now = timezone.now()
    an_order(1)
    an_order(2, reserved_at=now)
    an_order(3, reserved_at=now, shipped_at=now)
    cancelled = {"state": State.CANCELLED, "cancelled_at": now}
    an_order(4, **cancelled)
    an_order(5, **cancelled, rejected=True)
    an_order(6, placed_at=now - timedelta(days=15))

    shown = admin_client.get("/admin/").context["phases"]

    assert {one["count"] for one in shown} == {1}
    assert [one["share"] for one in shown] == [20] * 5
    for one in shown:
        assert admin_client.get(one["link"]).context["cl"].result_count == 1, one


def test_queries_of_first_page_do_not_grow(admin_client: Client) -> None:
    a_day(1)
    admin_client.get("/admin/")
    with CaptureQueriesContext(connection) as of_one:
        admin_client.get("/admin/")
    a_day(20, first=1)

    with CaptureQueriesContext(connection) as of_many:
        page = admin_client.get("/admin/").content.decode()

    assert len(of_many) == len(of_one)
    assert "CUP-000" in page
    assert "SO-20" in page
