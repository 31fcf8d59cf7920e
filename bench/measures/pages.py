"""What a customer waits for a page in the browser, and how much of it there is."""

import statistics
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from urllib.parse import urlsplit

import httpx
import psutil
from playwright.sync_api import Browser, sync_playwright

from bench.bars import OTHER_LOAD, Bar
from bench.contenders import Contender
from bench.load import bodies
from bench.machine import Meter, between
from bench.measures.result import Result, Say, Size, Table
from tests.support.machine import part

SLOWEST_PAINT = 300
"""Milliseconds from the click to the first text or picture, with nothing in the browser's cache."""

HEAVIEST = 200
"""Kilobytes of a page with all that it loads."""

PAGES = {
    "front": "/",
    "catalogue": "/products/",
    "search": "/products/?q=glass",
    "product": "/products/BOOK-ATLAS/",
    "cart": "/cart/",
    "checkout": "/checkout/",
}
"""Loaded with one product in the cart."""

SEEN = """() => new Promise((answer) => {
  const of = (kind) => performance.getEntriesByType(kind);
  new PerformanceObserver((painted) => {
    const paint = painted.getEntriesByName("first-contentful-paint")[0];
    if (!paint) return;
    const loaded = [...of("navigation"), ...of("resource")];
    answer({
      paint: paint.startTime,
      answer: loaded[0].responseStart,
      bytes: loaded.reduce((sum, one) => sum + one.encodedBodySize, 0),
    });
  }).observe({ type: "paint", buffered: true });
})"""
"""Not `wait_for_function`, which evaluates text, as the policy of the pages forbids."""

FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]


def measure(shop: Contender, size: Size, say: Say) -> Result:
    """Load each page with an empty cache; the web server alone is awake."""
    result = Result()
    rows = [["", "answer ms", "first paint ms", "KB"]]
    with shop.awake("web"), _browser() as browser:
        pages, cart = {**PAGES, "order": _order(shop)}, _cart(shop)
        meter = Meter(all=[child.pid for child in psutil.Process().children()])
        for name, address in pages.items():
            say(f"page {name}")
            before = meter.read()
            seen = [_load(browser, shop.url + address, cart) for _ in range(size.loads + 1)][1:]
            used = between(before, meter.read())
            answer, paint, weight = (
                statistics.median(one[what] for one in seen)
                for what in ("answer", "paint", "bytes")
            )
            note = "" if used.usable else OTHER_LOAD
            result.unusable += not used.usable
            result.bars += [
                Bar(f"first paint of {name}", paint, SLOWEST_PAINT, " ms", note=note),
                Bar(f"weight of {name}", weight / 1000, HEAVIEST, " KB"),
            ]
            rows.append([name, f"{answer:.0f}", f"{paint:.0f}", f"{weight / 1000:.0f}"])
    result.tables = [Table("Pages", rows, f"Medians of {size.loads} loads with an empty cache.")]
    result.figures = {"pages": rows}
    return result


@contextmanager
def _browser() -> Iterator[Browser]:
    path = part("browser").path
    if path is None:
        raise SystemExit(
            "No Chromium here, without which no page is painted: apt-get install chromium"
        )
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield browser
        browser.close()


def _load(browser: Browser, url: str, cart: str) -> dict[str, float]:
    with browser.new_context(viewport={"width": 1280, "height": 900}) as context:
        context.add_cookies([{"name": "cart", "value": cart, "url": url}])
        page = context.new_page()
        answer = page.goto(url)
        # Not the cart in place of the checkout: it would say that the cart was refused.
        if answer is None or answer.url != url:
            raise RuntimeError(f"{url} leads to {page.url}")
        seen: dict[str, float] = page.evaluate(SEEN)
        return seen


def _cart(shop: Contender) -> str:
    """The cookie of a cart with one product in it."""
    answer = httpx.post(f"{shop.url}/cart/add/", data={"sku": "BOOK-ATLAS"}, trust_env=False)
    return answer.cookies["cart"]


def _order(shop: Contender) -> str:
    """The address of the page of an order just placed."""
    [body] = islice(bodies(), 1)
    answer = httpx.post(
        f"{shop.url}/api/v1/checkout/", content=body,
        headers={"Content-Type": "application/json"}, trust_env=False,
    ).raise_for_status()  # fmt: skip
    shop.orders += 1
    return urlsplit(answer.json()["links"]["page"]).path
