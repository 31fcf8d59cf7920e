"""Every page of the shop, for tests that visit all of them, and what a visit finds."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import ConsoleMessage, Page

from tests.live.shop import Shop

CUSTOMERS = [
    "/",
    "/products/",
    "/products/?q=glass",
    "/products/?q=nothing-like-it",
    "/products/BOOK-ATLAS/",
    "/about/",
    "/cart/",
    "/cart/#filled",
    "/checkout/#filled",
    "/checkout/#mistakes",
    "/orders/{placed}/",
    "/orders/{placed}/cancel/",
    "/orders/{cancelled}/",
    "/api/problems/",
    "/?q=%00",
]
"""Pages of the shop's own sheet. What stands behind # is done first: see `Visitor`. The last is a
refusal; with DEBUG, a 404 would be Django's page."""

STAFF = [
    "/analytics/",
    "/admin/",
    "/admin/orders/order/",
    "/admin/orders/order/add/",
    "/admin/orders/order/1/change/",
    "/admin/orders/order/1/cancel/",
    "/admin/orders/order/export/",
    "/admin/shop/product/",
    "/admin/shop/product/add/",
    "/admin/shop/product/import/",
    "/admin/shop/product/export/",
    "/admin/shop/category/",
    "/admin/inventory/stockitem/",
    "/admin/inventory/stockitem/1/change/",
    "/admin/inventory/stockitem/import/",
    "/admin/inventory/reservation/",
    "/admin/inventory/movement/",
    "/admin/fulfillment/packingboard/",
    "/admin/fulfillment/shipment/",
    "/admin/billing/invoice/",
    "/admin/billing/series/",
    "/admin/notifications/message/",
    "/admin/analytics/dayfigures/",
    "/admin/analytics/minutefigures/",
    "/admin/analytics/productfigures/",
    "/admin/analytics/correction/",
    "/admin/auth/user/",
    "/admin/auth/group/",
]
OPERATORS = [
    "/admin/bus/console/",
    "/admin/bus/console/streams/",
    "/admin/bus/console/stream/?stream=SO-100001",
    "/admin/bus/console/map/",
    "/admin/bus/console/jobs/",
    "/admin/bus/console/quarantine/",
    "/admin/bus/delivery/",
    "/admin/bus/delivery/1/change/",
    "/admin/bus/delivery/failures/",
    "/admin/bus/subscription/",
    "/admin/bus/subscription/1/backfill/",
    "/admin/bus/operatoraction/",
    "/admin/bus/event/",
    "/admin/bus/auditresult/",
]
EVERY = [*CUSTOMERS, *STAFF, *OPERATORS]

GRAVE = {"critical", "serious"}
VIEWS = {"light-1280": ("light", 1280), "dark-360": ("dark", 360)}


@dataclass(frozen=True)
class Visit:
    """What a page showed in one theme at one width. `weight` is in bytes, compressed or not."""

    status: int
    grave: Sequence[tuple[str, str]]
    """Serious and critical findings of axe-core, each with the first element it was found in."""
    errors: Sequence[str]
    """What the console reported, a broken policy among it."""
    width: int
    weight: int


class Visitor:
    """Visits each page once and keeps what it found."""

    def __init__(self, page: Page, shop: Shop, names: dict[str, str]) -> None:
        self.page = page
        self._shop = shop
        self._names = names
        self._visits: dict[str, Visit] = {}
        self._errors: list[str] = []
        page.on("console", self._note)
        page.on("pageerror", lambda error: self._errors.append(str(error)))

    def whole(self, address: str) -> str:
        """The address with its host and its order's token."""
        return self._shop.url + address.format(**self._names)

    def open(self, address: str) -> int:
        """Go there; the answer's status.

        With `#filled` one product is in the cart, with `#mistakes` an empty form was sent, and
        otherwise the cart is empty.
        """
        page, (_, _, state) = self.page, address.partition("#")
        page.context.clear_cookies(name="cart")
        if state:
            page.goto(self.whole("/products/BOOK-ATLAS/"))
            page.locator(".buy button").click()
            page.locator(".count").wait_for()
        self._errors.clear()
        answer = page.goto(self.whole(address))
        if state == "mistakes":
            page.locator(".buy-button").click()
            page.locator("#mistakes").wait_for()
        assert answer is not None
        return answer.status

    def visit(self, address: str) -> Visit:
        if address not in self._visits:
            status = self.open(address)
            width = self.page.evaluate("document.documentElement.scrollWidth")
            weight = self.page.evaluate(WEIGHT)
            found = Axe().run(self.page).response["violations"]
            grave = [(one["id"], one["nodes"][0]["html"]) for one in found if _is_grave(one)]
            self._visits[address] = Visit(status, grave, tuple(self._errors), width, weight)
        return self._visits[address]

    def _note(self, message: ConsoleMessage) -> None:
        # A refusal's own status is reported, too.
        refused = message.text.startswith("Failed to load resource")
        own = urlsplit(message.location["url"]).path == urlsplit(self.page.url).path
        if message.type == "error" and not (refused and own):
            self._errors.append(message.text)


WEIGHT = """
    ["navigation", "resource"].flatMap((kind) => performance.getEntriesByType(kind))
        .reduce((sum, entry) => sum + entry.encodedBodySize, 0)"""


def _is_grave(finding: dict[str, Any]) -> bool:
    return finding["impact"] in GRAVE


def orders(shop: Shop) -> dict[str, str]:
    """The tokens of an order that is placed, and of one that is cancelled."""
    placed, cancelled = shop.place_order(), shop.place_order()
    shop.http.post(urlsplit(cancelled["links"]["cancel"]).path).raise_for_status()
    links = {"placed": placed["links"]["page"], "cancelled": cancelled["links"]["page"]}
    return {name: urlsplit(link).path.split("/")[-2] for name, link in links.items()}
