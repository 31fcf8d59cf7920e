"""Staff write, place, read and cancel orders in the admin."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from bus.models import Event
from orders import services
from orders.models import Order, State
from orders.services import Basket

pytestmark = pytest.mark.django_db
LIST = "/admin/orders/order/"
PLACE = "orders_order_save_and_place"


@pytest.fixture
def staff(client: Client) -> Client:
    browser = Client()
    browser.force_login(User.objects.create_superuser("staff", password="x"))
    return browser


def form(*lines: tuple[str, int], state: str = "draft", **more: str) -> dict[str, Any]:
    filled = {
        "state": state,
        "email": "ada@example.com",
        "name": "Ada Lovelace",
        "line1": "12 Example Street",
        "postal_code": "10115",
        "city": "Berlin",
        "country": "DE",
        "language": "de",
        "lines-TOTAL_FORMS": len(lines),
        "lines-INITIAL_FORMS": 0,
    }
    for index, (sku, quantity) in enumerate(lines):
        filled |= {f"lines-{index}-sku": sku, f"lines-{index}-quantity": quantity}
    return filled | more


def again(order: Order, **more: str) -> dict[str, Any]:
    """The form of a saved draft, as its page would send it."""
    lines = list(order.lines.all())
    filled = form(*((line.sku, line.quantity) for line in lines), **more)
    filled["lines-INITIAL_FORMS"] = len(lines)
    for index, line in enumerate(lines):
        filled |= {f"lines-{index}-id": line.pk, f"lines-{index}-order": order.pk}
    return filled


def change(order: Order, page: str = "change/") -> str:
    return f"{LIST}{order.pk}/{page}"


def draft(staff: Client, *lines: tuple[str, int]) -> Order:
    assert staff.post(f"{LIST}add/", form(*lines)).status_code == 302
    return Order.objects.get()


def test_draft_shows_prices_of_catalogue(staff: Client, catalogue: Any) -> None:
    order = draft(staff, ("MUG", 2))

    assert order.state == State.DRAFT
    assert str(order.total) == "24.00"
    assert order.lines.get().name == "Blue mug"
    assert not Event.objects.exists()


def test_draft_shows_tax_rate_in_percent(staff: Client, catalogue: Any) -> None:
    order = draft(staff, ("TEA", 2))

    page = staff.get(change(order)).content.decode()

    assert "7 %" in page
    assert "0.070" not in page


def test_form_of_order_marks_what_is_required(staff: Client) -> None:
    page = staff.get(f"{LIST}add/").content.decode()

    assert page.count("Required in most countries.") == 2  # postal code and city
    assert 'aria-label="Product" aria-required="true"' in page


def test_empty_order_is_told_what_to_enter(staff: Client) -> None:
    empty = dict.fromkeys(("email", "name", "line1", "country", "language"), "")

    page = staff.post(f"{LIST}add/", form(("", 1), **empty)).content.decode()

    for what in ("Enter the e-mail", "Enter the name", "Enter the street", "Enter the product",
                 "Choose the country", "Choose the language"):  # fmt: skip
        assert f"{what}." in page
    assert "This field is required" not in page


def test_saving_as_placed_publishes_once(staff: Client, catalogue: Any) -> None:
    staff.post(f"{LIST}add/", form(("MUG", 2), ("TEA", 1), state="placed"))

    order = Order.objects.get()
    assert order.state == State.PLACED
    assert [event.stream for event in Event.objects.all()] == [order.number]


def test_place_button_publishes_once(staff: Client, catalogue: Any) -> None:
    order = draft(staff, ("MUG", 2))

    staff.post(change(order), again(order) | {PLACE: "1"})

    order.refresh_from_db()
    assert order.state == State.PLACED
    assert Event.objects.get().stream == order.number


def test_sold_out_draft_stays_and_shows_available_pieces(
    staff: Client, catalogue: Any, pieces: dict[str, int]
) -> None:
    order = draft(staff, ("MUG", 2))
    pieces["MUG"] = 1

    page = staff.post(change(order), again(order) | {PLACE: "1"}, follow=True)

    assert "MUG: 2 wanted, 1 available" in page.content.decode()
    assert Order.objects.get().state == State.DRAFT
    assert not Event.objects.exists()


def test_draft_without_lines_is_not_placed_and_says_why(staff: Client, catalogue: Any) -> None:
    page = staff.post(f"{LIST}add/", form(state="placed"), follow=True)

    assert "no lines" in page.content.decode()
    assert Order.objects.get().state == State.DRAFT
    assert not Event.objects.exists()


@pytest.mark.parametrize("lines", [[("OLD", 1)], [("MUG", 0)], [("MUG", 1), ("MUG", 2)]])
def test_bad_lines_are_refused(staff: Client, catalogue: Any, lines: list[tuple[str, int]]) -> None:
    page = staff.post(f"{LIST}add/", form(*lines, state="placed"))

    assert page.status_code == 200
    assert not Order.objects.exists()


def test_placed_order_is_not_changed(staff: Client, basket: Basket) -> None:
    order = services.checkout(basket).order

    page = staff.post(change(order), again(order, name="Eve"), follow=True)

    assert f"Order {order.number} is placed already" in page.content.decode()
    assert Order.objects.get().name == "Ada Lovelace"
    assert staff.post(change(order, "delete/"), {"post": "yes"}).status_code == 403


def test_order_is_cancelled_with_reason(staff: Client, basket: Basket) -> None:
    order = services.checkout(basket).order
    assert "Reason" in staff.get(change(order, "cancel/")).content.decode()

    staff.post(change(order, "cancel/"), {"reason": "Asked by phone"})

    order.refresh_from_db()
    assert (order.state, order.cancel_reason) == ("cancelled", "Asked by phone")
    assert Event.objects.filter(type="OrderCancelled").count() == 1


def test_cancelling_without_reason_is_refused(staff: Client, basket: Basket) -> None:
    order = services.checkout(basket).order

    page = staff.post(change(order, "cancel/"), {"reason": " "})

    assert "Enter the reason." in page.content.decode()
    assert Order.objects.get().state == State.PLACED


def test_cancelling_twice_says_it_is_cancelled(staff: Client, basket: Basket) -> None:
    order = services.checkout(basket).order
    services.cancel_order(order.pk, "Asked by phone")

    page = staff.post(change(order, "cancel/"), {"reason": "Asked by mail"}, follow=True)

    assert f"Order {order.number} is cancelled already" in page.content.decode()
    assert change(order, "cancel/") not in page.content.decode()
    assert Order.objects.get().cancel_reason == "Asked by phone"


def test_staff_with_view_permission_cannot_place_or_cancel(basket: Basket) -> None:
    order = services.checkout(basket).order
    browser = Client()
    browser.force_login(User.objects.create_user("visitor", password="x", is_staff=True))

    assert browser.post(change(order, "cancel/"), {"reason": "x"}).status_code == 403
    assert browser.get(LIST).status_code == 403


def test_page_links_to_deliveries_of_the_order(staff: Client, basket: Basket) -> None:
    order = services.checkout(basket).order

    answer = staff.get(change(order, "deliveries/"))

    assert answer["Location"].endswith(f"/admin/bus/delivery/?q={order.number}")
    assert change(order, "deliveries/") in staff.get(change(order)).content.decode()
    assert staff.get(answer["Location"]).status_code == 200


@pytest.mark.parametrize("query", ["SO-1", "ada@", "lovelace"])
def test_orders_are_found_by_number_mail_and_name(
    staff: Client, basket: Basket, query: str
) -> None:
    order = services.checkout(basket).order

    assert order.number in staff.get(LIST, {"q": query}).content.decode()
    assert order.number not in staff.get(LIST, {"q": "zebra"}).content.decode()


def queries_of(staff: Client, address: str) -> int:
    with CaptureQueriesContext(connection) as captured:
        assert staff.get(address).status_code == 200
    return len(captured)


def test_fifty_orders_take_no_more_queries_than_one(staff: Client, basket: Basket) -> None:
    services.checkout(basket)
    one = queries_of(staff, LIST)

    for _ in range(49):
        services.checkout(basket)

    assert queries_of(staff, LIST) == one


def test_more_lines_take_no_more_queries(staff: Client, catalogue: Any) -> None:
    order = draft(staff, ("MUG", 2))
    one = queries_of(staff, change(order))

    order.lines.create(sku="TEA", quantity=1)

    assert queries_of(staff, change(order)) == one


@pytest.mark.parametrize("key", ["abc", "9" * 30, "9" * 5_000])
def test_unknown_address_leads_back_to_list(staff: Client, key: str) -> None:
    assert staff.get(f"{LIST}{key}/change/").status_code == 302
