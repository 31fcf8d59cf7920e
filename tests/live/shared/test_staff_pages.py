"""Staff at work in a real browser: import, export, an order at a glance, a packing slip."""

import csv
import io
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.live.shared.browser import administrator
from tests.live.shared.findings import grave_findings
from tests.live.shop import Shop

pytestmark = [pytest.mark.live, pytest.mark.browser, pytest.mark.timeout(300)]

HEADING = "sku,name,unit_price,tax_rate,active"
COUNT = 100


@pytest.fixture(scope="module")
def staff(shop: Shop) -> Iterator[Page]:
    with administrator(shop, accept_downloads=True) as page:
        yield page


@pytest.fixture(scope="module")
def order(shop: Shop) -> dict[str, Any]:
    placed = shop.place_order()
    shop.wait_until_settled(placed, 90)
    return placed


def rows_of(mended: bool) -> list[str]:
    rows = [f"LAMP-{number:03},Lamp {number},49.00,0.190,yes" for number in range(COUNT)]
    if not mended:
        rows[20] = "LAMP-020,Lamp 20,forty,0.190,yes"
        rows[70] = "LAMP-070,,49.00,19,yes"
    return rows


def upload(staff: Page, file: Path, *, mended: bool) -> None:
    file.write_text("\n".join([HEADING, *rows_of(mended)]))
    staff.set_input_files("input[type=file]", file)
    staff.get_by_role("button", name="Check the file").click()


def lamps(shop: Shop) -> int:
    found = shop.query("SELECT count(*) FROM shop_product WHERE sku LIKE 'LAMP-%'")
    return int(found[0][0])


def test_staff_mend_two_rows_of_a_hundred_and_import_them(
    shop: Shop, staff: Page, tmp_path: Path
) -> None:
    staff.goto(f"{shop.url}/admin/shop/product/")
    staff.get_by_role("link", name="Import").click()

    upload(staff, tmp_path / "lamps.csv", mended=False)
    expect(staff.locator("main, body").first).to_contain_text("2 rows of lamps.csv have an error")
    refused = staff.locator(".exchange tbody tr")
    expect(refused).to_have_count(2)
    expect(refused.nth(0)).to_contain_text(re.compile("22.*LAMP-020.*is no number"))
    expect(refused.nth(1)).to_contain_text(re.compile("72.*LAMP-070.*cannot be blank"))
    assert grave_findings(staff) == []
    assert lamps(shop) == 0

    upload(staff, tmp_path / "lamps.csv", mended=True)
    expect(staff.locator("#confirm-form")).to_contain_text("100 new, 0 changed, 0 as before")
    assert grave_findings(staff) == []
    assert lamps(shop) == 0

    staff.get_by_role("button", name="Import these rows").dblclick()
    expect(staff.locator("body")).to_contain_text("100 new, 0 changed, 0 as before")
    staff.wait_for_url(f"{shop.url}/admin/shop/product/")
    assert lamps(shop) == COUNT


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_staff_export_the_orders_that_the_list_shows(
    shop: Shop, staff: Page, order: dict[str, Any], kind: str
) -> None:
    staff.goto(f"{shop.url}/admin/orders/order/?q={order['number']}")
    staff.get_by_role("link", name="Export").click()
    staff.locator(f"input[name=format][value={kind}]").check()

    with staff.expect_download() as waiting:
        staff.get_by_role("button", name="Export", exact=True).click()

    assert re.fullmatch(rf"orders-\d{{4}}-\d\d-\d\d\.{kind}", waiting.value.suggested_filename)
    content = Path(waiting.value.path()).read_bytes()
    if kind == "csv":
        found = list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"))))
        assert [row["number"] for row in found] == [order["number"]]
    else:
        assert content.startswith(b"PK")


def test_order_is_shown_at_a_glance_with_its_timeline(
    shop: Shop, staff: Page, order: dict[str, Any]
) -> None:
    staff.goto(f"{shop.url}/admin/")
    staff.get_by_role("link", name=order["number"]).click()

    page = staff.locator(".overview")
    for title in ("Lines", "Customer", "Stock", "Shipment", "Documents", "Mails", "Timeline"):
        expect(page.get_by_role("heading", name=title, exact=True)).to_be_visible()
    timeline = page.locator(".timeline > li")
    expect(timeline.first).to_contain_text("OrderPlaced")
    expect(timeline.first).to_contain_text("reserve_stock")
    expect(timeline.filter(has_text="InvoiceIssued")).to_contain_text("because of InvoiceNumbered")
    expect(page).to_contain_text("Every delivery is done.")
    assert grave_findings(staff) == []


def test_labels_on_phones_are_in_sentence_case(
    shop: Shop, staff: Page, order: dict[str, Any]
) -> None:
    staff.set_viewport_size({"width": 360, "height": 800})
    staff.goto(f"{shop.url}/admin/orders/order/?q={order['number']}")

    labels = staff.evaluate(
        """() => [...document.querySelectorAll("#result_list [data-label]")].map((cell) =>
             [cell.dataset.label, getComputedStyle(cell, "::before").textTransform])"""
    )
    staff.set_viewport_size({"width": 1280, "height": 900})

    shown = [text for text, _ in labels]
    assert shown == ["Order", "Phase", "Name", "E-mail", "Total", "Placed at"]
    assert {transform for _, transform in labels} == {"none"}


def test_staff_open_the_packing_slip_of_an_order(
    shop: Shop, staff: Page, order: dict[str, Any]
) -> None:
    staff.goto(f"{shop.url}/admin/orders/order/?q={order['number']}")
    staff.get_by_role("link", name=order["number"]).click()
    link = staff.locator(".overview").get_by_role("link", name="Packing slip")

    answer = staff.request.get(shop.url + str(link.get_attribute("href")))

    assert answer.headers["content-type"] == "application/pdf"
    assert answer.body().startswith(b"%PDF")
    assert order["number"] in answer.headers["content-disposition"]


def test_first_page_leads_to_what_is_to_be_packed(shop: Shop, staff: Page) -> None:
    staff.goto(f"{shop.url}/admin/")

    staff.get_by_role("link", name="To pack").click()

    expect(staff).to_have_url(f"{shop.url}/admin/fulfillment/packingboard/")
