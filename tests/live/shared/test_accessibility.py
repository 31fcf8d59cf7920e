"""Pages of customers, staff and operators: for screen readers, phones, keyboards, old browsers."""

from collections.abc import Iterator

import pytest
from django.contrib.admin import site
from django.urls import reverse
from playwright.sync_api import Browser, Page, Route

from tests.live.shared.browser import administrator, chromium
from tests.live.shared.failure import dead_delivery
from tests.live.shared.pages import CUSTOMERS, EVERY, OPERATORS, VIEWS, Visitor, orders
from tests.live.shop import Shop

# Once is enough: what a page looks like does not depend on the database.
pytestmark = [
    pytest.mark.live,
    pytest.mark.browser,
    pytest.mark.sqlite,
    pytest.mark.timeout(300),
]

HEAVIEST = 200_000
"""Bytes of a customer's page with all that it loads."""

WIDTHS = sorted({width for _theme, width in VIEWS.values()})


@pytest.fixture(scope="module")
def names(shop: Shop) -> Iterator[dict[str, str]]:
    with dead_delivery(shop) as failed:
        yield orders(shop) | {"failed": failed}


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as opened:
        yield opened


@pytest.fixture(scope="module")
def visitor(shop: Shop, names: dict[str, str], browser: Browser) -> Iterator[Visitor]:
    """A browser in which the administrator is signed in."""
    with administrator(shop, browser) as page:
        yield Visitor(page, shop, names)


@pytest.fixture(scope="module")
def plain(shop: Shop, browser: Browser) -> Iterator[Page]:
    """The same without JavaScript."""
    with administrator(shop, browser, java_script_enabled=False) as page:
        yield page


def test_every_list_of_the_admin_is_visited() -> None:
    lists = {
        reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
        for model in site._registry
    }

    assert lists - set(EVERY) == set()


@pytest.fixture(scope="module")
def german(shop: Shop, names: dict[str, str], browser: Browser) -> Iterator[Visitor]:
    """A phone whose language is German, which has the longer words."""
    with browser.new_context(locale="de-DE") as context:
        yield Visitor(context.new_page(), shop, names, ["light-360"])


@pytest.mark.parametrize("address", [one for one in CUSTOMERS if not one.startswith("/api/")])
def test_german_page_fits_a_phone(german: Visitor, address: str) -> None:
    found = german.visit(address)

    assert (found.widths, found.grave, found.errors) == ({360: 360}, {"light-360": []}, [])
    assert german.page.locator("html").get_attribute("lang") == "de"


@pytest.mark.parametrize("view", VIEWS)
@pytest.mark.parametrize("address", EVERY)
def test_page_has_no_serious_accessibility_violation(
    visitor: Visitor, address: str, view: str
) -> None:
    assert visitor.visit(address).grave[view] == []


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("address", EVERY)
def test_page_is_no_wider_than_the_screen(visitor: Visitor, address: str, width: int) -> None:
    assert visitor.visit(address).widths[width] <= width


@pytest.mark.parametrize("address", EVERY)
def test_page_breaks_no_policy_and_reports_no_error(visitor: Visitor, address: str) -> None:
    assert visitor.visit(address).errors == []


@pytest.mark.parametrize("address", CUSTOMERS)
def test_page_of_customers_weighs_little(visitor: Visitor, address: str) -> None:
    assert visitor.visit(address).weight <= HEAVIEST


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("address", CUSTOMERS)
def test_keyboard_reaches_everything_in_order_and_shows_where_it_is(
    visitor: Visitor, address: str, width: int
) -> None:
    tabbed = visitor.visit(address).tabbed[width]

    assert tabbed.reached == list(range(tabbed.count))
    assert tabbed.hidden == []


@pytest.mark.parametrize("address", CUSTOMERS)
def test_page_of_customers_serves_without_javascript(
    visitor: Visitor, plain: Page, address: str
) -> None:
    plain.goto(visitor.whole(address))

    assert plain.locator("main h1").is_visible()


@pytest.mark.parametrize("address", OPERATORS)
def test_page_of_operators_is_shown_without_javascript(
    visitor: Visitor, plain: Page, address: str
) -> None:
    plain.goto(visitor.whole(address))

    assert plain.locator("#content").is_visible()


def test_policy_stops_script_and_style_written_into_a_page(visitor: Visitor, shop: Shop) -> None:
    def write_into(route: Route) -> None:
        answer = route.fetch()
        written = "<script>document.title = 'ran'</script><h1 style='color: red'>Hello</h1></body>"
        route.fulfill(response=answer, body=answer.text().replace("</body>", written))

    page = visitor.page
    page.route(f"{shop.url}/", write_into)
    try:
        visitor.open("/")

        assert page.title() != "ran"
        assert colour_of_last_heading(page) != "rgb(255, 0, 0)"
    finally:
        page.unroute(f"{shop.url}/")


def colour_of_last_heading(page: Page) -> str:
    colour: str = page.locator("h1").last.evaluate("(it) => getComputedStyle(it).color")
    return colour
