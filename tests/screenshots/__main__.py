"""Starts a shop, orders in it, and takes a picture of every page: what `make screenshots` runs."""

import argparse
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from playwright.sync_api import expect
from rich.console import Console

from tests.live.shared.browser import administrator
from tests.live.shared.failure import dead_delivery
from tests.live.shared.pages import EVERY, Visitor, orders
from tests.live.shop import MANAGE, Shop
from tests.screenshots.pictures import VIEWS, compress, photograph, take

ROOT = Path(__file__).parents[2]
PICTURES = ROOT / "var" / "screenshots"
IMAGES = ROOT / "docs" / "images"
README = {
    "storefront": "/",
    "order": "/orders/{placed}/",
    "order-of-staff": "/admin/orders/order/1/change/",
    "console": "/admin/bus/console/",
}
"""The pictures of the README: file name and address."""

ORDERS = 25
LARGEST = 150_000
"""Bytes that a picture of the README may have."""


def main() -> None:
    options = parser().parse_args()
    out = Console(highlight=False, soft_wrap=True)
    with a_shop(out) as shop:
        out.print(f"Placing {ORDERS} orders ...")
        _order(shop)
        names = orders(shop)
        if options.readme:
            _take_readme(shop, names, out)
            return
        chosen = [address for address in EVERY if options.only in address]
        views = [replace(view, locale=options.locale) for view in VIEWS]
        count = len(chosen) * len(views)
        with dead_delivery(shop) as failed:
            taken = take(shop, chosen, names | {"failed": failed}, views, PICTURES)
            for done, file in enumerate(taken, 1):
                out.print(f"{done:>4} of {count}  {file.name}")
    out.print(f"{count} pictures in {PICTURES.relative_to(ROOT)}/")


@contextmanager
def a_shop(out: Console) -> Iterator[Shop]:
    """A shop with demo goods, in a temporary folder and with free ports."""
    folder = Path(tempfile.mkdtemp(prefix="shop-screenshots-")).resolve()
    shop = Shop(folder)
    out.print("Starting a shop ...")
    began = time.monotonic()
    try:
        shop.start()
        out.print(f"Ready after {time.monotonic() - began:.0f} s.")
        yield shop
    finally:
        shop.stop()
        shutil.rmtree(folder, ignore_errors=True)


def _order(shop: Shop) -> None:
    command = [*MANAGE, "order", str(ORDERS)]
    subprocess.run(command, env=shop.env, check=True, stdout=subprocess.DEVNULL)


def _take_readme(shop: Shop, names: dict[str, str], out: Console) -> None:
    with administrator(shop, color_scheme="light") as page:
        page.set_viewport_size({"width": 1280, "height": 880})
        visitor = Visitor(page, shop, names)
        visitor.open(README["console"])
        # Workers give a sign of life once in a while; the orders are for the last minute.
        expect(page.locator(".board .queue").last).to_contain_text("1 worker", timeout=90_000)
        _order(shop)
        for name, address in README.items():
            file = IMAGES / f"{name}.png"
            visitor.open(address)
            photograph(page, file, whole=False)
            size = compress(file)
            out.print(f"{size:>8} bytes  {file.relative_to(ROOT)}")
            if size > LARGEST:
                raise SystemExit(f"{file.name} has {size} bytes; {LARGEST} is the limit.")


def parser() -> argparse.ArgumentParser:
    """The command's options."""
    found = argparse.ArgumentParser(prog="make screenshots", description=__doc__)
    found.add_argument(
        "--readme", action="store_true", help="only those of README.md, small, into docs/images/"
    )
    found.add_argument("--only", default="", help="pages whose address contains this")
    found.add_argument("--locale", default="en-GB", help="of the browser, as de-DE")
    return found


if __name__ == "__main__":
    main()
