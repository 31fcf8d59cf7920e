"""Pages of customers, staff and operators: for screen readers, phones, keyboards, old browsers."""

from collections.abc import Iterator

import pytest
from django.contrib.admin import site
from django.urls import reverse
from playwright.sync_api import Browser, Page, Route

from tests.live.shared.browser import administrator, chromium
from tests.live.shared.pages import CUSTOMERS, EVERY, VIEWS, Visitor, orders
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

FOCUSABLE = "a[href], button, input:not([type=hidden]), select, textarea, summary, [tabindex='0']"
FROM_THE_TOP = """(selector) => {
  document.body.tabIndex = -1;
  document.body.focus();  // a page with mistakes has taken the focus to them
  document.body.removeAttribute("tabindex");
  return [...document.querySelectorAll(selector)]
      .filter((one) => one.checkVisibility() && !one.disabled && one.tabIndex >= 0)
      .map((one, count) => (one.dataset.count = String(count)));
}"""
REACHED = """() => {
  const it = document.activeElement;
  if (!it || it === document.body) return null;
  const drawn = (pseudo) => getComputedStyle(it, pseudo).outlineStyle !== "none";
  return { name: it.dataset.count, visible: drawn() || drawn("::after") };
}"""


@pytest.fixture(scope="module")
def names(shop: Shop) -> dict[str, str]:
    return orders(shop)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as opened:
        yield opened


@pytest.fixture(scope="module", params=VIEWS)
def visitor(
    shop: Shop, names: dict[str, str], browser: Browser, request: pytest.FixtureRequest
) -> Iterator[Visitor]:
    """A browser in which the administrator is signed in, in one theme and at one width."""
    theme, width = VIEWS[request.param]
    with administrator(shop, browser, color_scheme=theme) as page:
        page.set_viewport_size({"width": width, "height": 900})
        yield Visitor(page, shop, names)


def test_every_list_of_the_admin_is_visited() -> None:
    lists = {
        reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
        for model in site._registry
    }

    assert lists - set(EVERY) == set()


@pytest.fixture(scope="module")
def german(shop: Shop, names: dict[str, str], browser: Browser) -> Iterator[Visitor]:
    """A phone whose language is German, which has the longer words."""
    viewport = {"width": 360, "height": 800}
    with browser.new_context(viewport=viewport, locale="de-DE") as context:
        yield Visitor(context.new_page(), shop, names)


@pytest.mark.parametrize("address", [one for one in CUSTOMERS if not one.startswith("/api/")])
def test_german_page_fits_a_phone(german: Visitor, address: str) -> None:
    found = german.visit(address)

    assert (found.width, found.grave, found.errors) == (360, [], ())
    assert german.page.locator("html").get_attribute("lang") == "de"


@pytest.mark.parametrize("address", EVERY)
def test_page_has_no_serious_accessibility_violation(visitor: Visitor, address: str) -> None:
    assert visitor.visit(address).grave == []


@pytest.mark.parametrize("address", EVERY)
def test_page_is_no_wider_than_the_screen(visitor: Visitor, address: str) -> None:
    size = visitor.page.viewport_size
    assert size is not None

    assert visitor.visit(address).width <= size["width"]


@pytest.mark.parametrize("address", EVERY)
def test_page_breaks_no_policy_and_reports_no_error(visitor: Visitor, address: str) -> None:
    assert visitor.visit(address).errors == ()


@pytest.mark.parametrize("address", CUSTOMERS)
def test_page_of_customers_weighs_little(visitor: Visitor, address: str) -> None:
    assert visitor.visit(address).weight <= HEAVIEST


@pytest.mark.parametrize("address", CUSTOMERS)
def test_keyboard_reaches_everything_in_order_and_shows_where_it_is(
    visitor: Visitor, address: str
) -> None:
    visitor.open(address)
    page = visitor.page
    expected = page.evaluate(FROM_THE_TOP, FOCUSABLE)

    reached = []
    for _ in expected:
        page.keyboard.press("Tab")
        reached.append(page.evaluate(REACHED))

    assert [one and one["name"] for one in reached] == expected
    assert [one for one in reached if not one["visible"]] == []


@pytest.mark.parametrize("address", CUSTOMERS)
def test_page_of_customers_serves_without_javascript(
    visitor: Visitor, browser: Browser, address: str
) -> None:
    with browser.new_context(java_script_enabled=False) as context:
        page = context.new_page()
        page.goto(visitor.whole(address))

        assert page.locator("main h1").is_visible()


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
