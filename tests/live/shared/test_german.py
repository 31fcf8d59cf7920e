"""A customer who switches to German: pages, mails and the invoice are in German from then on."""

import email
import email.policy
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect, sync_playwright

from tests.live.shared.browser import FLAGS
from tests.live.shop import Shop
from tests.support.machine import part

pytestmark = [
    pytest.mark.live,
    pytest.mark.browser,
    pytest.mark.poppler,
    pytest.mark.timeout(300),
]

VALUES = {"name": "Änne Groß", "line1": "Lange Straße 5", "postal_code": "10243", "city": "Berlin"}


@pytest.fixture(params=["with scripts", "without scripts"])
def customer(request: pytest.FixtureRequest) -> Iterator[Page]:
    """On a phone, with a browser that accepts English."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=part("browser").path, args=FLAGS)
        context = browser.new_context(
            java_script_enabled=request.param == "with scripts",
            locale="en-GB",
            viewport={"width": 360, "height": 740},
        )
        yield context.new_page()
        browser.close()


def is_german(customer: Page) -> None:
    expect(customer.locator("html")).to_have_attribute("lang", "de")
    expect(customer.get_by_role("button", name="Deutsch")).to_have_attribute("aria-current", "true")


def mails_to(shop: Shop, recipient: str) -> dict[str, email.message.EmailMessage]:
    """The customer's mails by subject."""
    found = {}
    for path in (shop.folder / "mail").iterdir():
        mail = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
        if mail["To"] == recipient:
            found[mail["Subject"]] = mail
    return found


def buy(customer: Page, shop: Shop, recipient: str) -> str:
    """Buy a book in German, and return the order's number."""
    customer.goto(f"{shop.url}/products/BOOK-ATLAS/")
    expect(customer.locator("html")).to_have_attribute("lang", "en-gb")
    customer.get_by_role("button", name="Deutsch").click()
    expect(customer).to_have_url(f"{shop.url}/products/BOOK-ATLAS/")
    is_german(customer)
    customer.get_by_role("button", name="In den Warenkorb").click()
    customer.goto(f"{shop.url}/cart/")
    customer.get_by_role("button", name="Zur Kasse").click()
    for name, value in (VALUES | {"email": recipient}).items():
        customer.fill(f"#id_{name}", value)
    # Without the switch, which would empty the form.
    expect(customer.locator("html")).to_have_attribute("lang", "de")
    customer.get_by_role("button", name="Zahlungspflichtig bestellen").click()
    expect(customer).to_have_url(re.compile(r"/orders/[\w-]{32}/$"), timeout=15_000)
    is_german(customer)
    number = re.search(r"SO-\d+", customer.locator("h1").inner_text())
    assert number
    return number[0]


def test_german_customer_gets_german_pages_mails_and_invoice(
    customer: Page, shop: Shop, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    recipient = f"aenne{len(request.node.name)}@example.com"

    number = buy(customer, shop, recipient)

    expect(customer.locator("main")).to_contain_text("39,00")
    expect(customer.locator("main")).to_contain_text("MwSt.")
    expect(customer.locator("main")).to_contain_text("Bestellung eingegangen")
    shop.wait_for(lambda: len(mails_to(shop, recipient)) == 2, 60)
    mails = mails_to(shop, recipient)
    confirmation = mails[f"Ihre Bestellung {number} bei The Shop"]
    assert "Guten Tag," in confirmation.get_body(["plain"]).get_content()
    [subject] = [one for one in mails if one.startswith("Rechnung ")]
    [document] = mails[subject].iter_attachments()
    file = tmp_path / "invoice.pdf"
    file.write_bytes(document.get_content())
    command = ["pdftotext", "-layout", str(file), "-"]
    text = subprocess.run(command, capture_output=True, check=True, text=True).stdout
    for words in ("Rechnung", "Änne Groß", "Ausstellungsdatum", "39,00 €", "Bitte zahlen Sie bis"):
        assert words in text
    customer.get_by_role("button", name="English").click()
    expect(customer.locator("html")).to_have_attribute("lang", "en-gb")
    expect(customer.locator("main")).to_contain_text("39.00")
