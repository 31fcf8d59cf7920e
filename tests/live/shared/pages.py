"""Every page of the shop, for tests that visit all of them, and what a visit finds."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from playwright.sync_api import ConsoleMessage, Page

from tests.live.shared.findings import COLOURS, Grave, grave_findings
from tests.live.shared.keyboard import Tabbed, tab_through
from tests.live.shop import Shop

CUSTOMERS = [
    "/",
    "/products/",
    "/products/?q=glass",
    "/products/?q=nothing-like-it",
    "/products/BOOK-ATLAS/",
    "/about/",
    "/legal/imprint/",
    "/legal/terms/",
    "/cart/",
    "/cart/#filled",
    "/checkout/#filled",
    "/checkout/#mistakes",
    "/orders/{placed}/",
    "/orders/{placed}/cancel/",
    "/orders/{cancelled}/",
    "/api/problems/",
    "/nothing-here/",
    "/?q=%00",
]
"""Pages of the shop's own sheet. What stands behind # is done first: see `Visitor`. The last two
are refusals."""

STAFF = [
    "/analytics/",
    "/admin/",
    "/admin/orders/order/",
    "/admin/orders/order/add/",
    "/admin/orders/order/1/change/",
    "/admin/orders/order/1/cancel/",
    "/admin/orders/order/export/",
    "/admin/orders/erasure/",
    "/admin/orders/erasure/add/",
    "/admin/shop/product/",
    "/admin/shop/product/add/",
    "/admin/shop/product/import/",
    "/admin/shop/product/export/",
    "/admin/shop/category/",
    "/admin/shop/legaltext/",
    "/admin/shop/legaltext/add/",
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
    "/admin/login/enrol/",
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
    "/admin/bus/delivery/failures/{failed}/",
    "/admin/bus/subscription/",
    "/admin/bus/subscription/1/backfill/",
    "/admin/bus/operatoraction/",
    "/admin/bus/event/",
    "/admin/bus/auditresult/",
    "/admin/outlets/endpoint/",
    "/admin/outlets/endpoint/add/",
    "/admin/outlets/webhook/",
]
EVERY = [*CUSTOMERS, *STAFF, *OPERATORS]

VIEWS = {
    "light-1280": ("light", 1280),
    "dark-1280": ("dark", 1280),
    "dark-360": ("dark", 360),
    "light-360": ("light", 360),
}
"""How a page is looked at: theme, and width in pixels."""


@dataclass(frozen=True)
class Visit:
    """What a page showed when it was loaded once. `weight` is in bytes, compressed or not."""

    status: int
    weight: int
    grave: dict[str, Sequence[Grave]] = field(default_factory=dict)
    """By view: serious and critical findings of axe-core."""
    widths: dict[int, int] = field(default_factory=dict)
    """By width of the window: that of the page."""
    tabbed: dict[int, Tabbed] = field(default_factory=dict)
    """By width of the window: where the keyboard led. Of customers' pages alone."""
    errors: list[str] = field(default_factory=list)
    """What the console reported, a broken policy among it."""


class Visitor:
    """Loads each page once, looks at it in some of `VIEWS`, and keeps what it found."""

    def __init__(
        self, page: Page, shop: Shop, names: Mapping[str, str], views: Iterable[str] = VIEWS
    ) -> None:
        self.page = page
        self._shop = shop
        self._names = names
        self._views = list(views)
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

    def look(self, view: str) -> None:
        """Show the page as it is when it is loaded in this theme and at this width."""
        theme, width = VIEWS[view]
        self.page.set_viewport_size({"width": width, "height": 900})
        self.page.emulate_media(color_scheme=theme)  # type: ignore[arg-type]  # one of its words
        self.page.evaluate(SETTLED)

    def visit(self, address: str) -> Visit:
        """What it found there, at the first visit."""
        if address not in self._visits:
            self.look(self._views[0])
            status = self.open(address)
            visit = Visit(status, self.page.evaluate(WEIGHT))
            for view in self._views:
                self.look(view)
                _, width = VIEWS[view]
                # The second theme of a width changes colours alone.
                visit.grave[view] = grave_findings(
                    self.page, COLOURS if width in visit.widths else {}
                )
                visit.widths[width] = self.page.evaluate("document.documentElement.scrollWidth")
            if address in CUSTOMERS:
                # In the end: it leaves the focus somewhere.
                for width in visit.widths:
                    self.page.set_viewport_size({"width": width, "height": 900})
                    visit.tabbed[width] = tab_through(self.page)
            visit.errors.extend(self._errors)
            self._visits[address] = visit
        return self._visits[address]

    def _note(self, message: ConsoleMessage) -> None:
        # A refusal's own status is reported, too.
        refused = message.text.startswith("Failed to load resource")
        own = urlsplit(message.location["url"]).path == urlsplit(self.page.url).path
        if message.type == "error" and not (refused and own):
            self._errors.append(message.text)


SETTLED = """async () => {
  // The admin's theme asks what the browser prefers whenever its own choice has changed.
  const admin = window.Alpine?.$data(document.documentElement);
  for (const theme of ["light", "auto"]) admin?.switchTheme?.(theme);
  for (const _ of [1, 2]) await new Promise(requestAnimationFrame);
  for (const one of document.getAnimations())
    if (Number.isFinite(one.effect.getComputedTiming().endTime)) one.finish();
}"""
WEIGHT = """
    ["navigation", "resource"].flatMap((kind) => performance.getEntriesByType(kind))
        .reduce((sum, entry) => sum + entry.encodedBodySize, 0)"""


def orders(shop: Shop) -> dict[str, str]:
    """The tokens of an order that is placed, and of one that is cancelled."""
    placed, cancelled = shop.place_order(), shop.place_order()
    shop.http.post(urlsplit(cancelled["links"]["cancel"]).path).raise_for_status()
    links = {"placed": placed["links"]["page"], "cancelled": cancelled["links"]["page"]}
    return {name: urlsplit(link).path.split("/")[-2] for name, link in links.items()}
