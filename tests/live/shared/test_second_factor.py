"""Staff set up a second factor in a real browser, on a phone's width, and log in with it."""

import subprocess
import time
from base64 import b32decode
from collections.abc import Iterator

import pytest
from django_otp.oath import TOTP
from playwright.sync_api import Page, expect

from tests.live.shared.browser import chromium
from tests.live.shared.findings import grave_findings
from tests.live.shop import MANAGE, Shop

pytestmark = [pytest.mark.live, pytest.mark.browser, pytest.mark.timeout(300)]

NAME, PASSWORD = "hedy", "a password of the tests"


@pytest.fixture(params=["light", "dark"])
def phone(shop: Shop, request: pytest.FixtureRequest) -> Iterator[Page]:
    command = ["createsuperuser", "--no-input", "--username", f"{NAME}-{request.param}"]
    subprocess.run(
        [*MANAGE, *command, "--email", "hedy@example.com"],
        env=shop.env | {"DJANGO_SUPERUSER_PASSWORD": PASSWORD}, check=True, capture_output=True,
    )  # fmt: skip
    size = {"width": 360, "height": 740}
    with (
        chromium() as browser,
        browser.new_context(viewport=size, color_scheme=request.param) as window,
    ):
        page = window.new_page()
        page.goto(f"{shop.url}/admin/login/?next=/admin/")
        send_password(page, f"{NAME}-{request.param}")
        yield page


def send_password(page: Page, name: str) -> None:
    page.fill("[name=username]", name)
    page.fill("[name=password]", PASSWORD)
    page.get_by_role("button", name="Log in").click()


def code(key: str, *, later: int = 0) -> str:
    totp = TOTP(b32decode(key.replace(" ", "")))
    totp.time = time.time() + later
    return f"{totp.token():06}"


def assert_readable(page: Page) -> None:
    assert grave_findings(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= 360


def test_staff_enrol_and_log_in_with_a_code(shop: Shop, phone: Page) -> None:
    errors: list[str] = []
    phone.on("console", lambda said: errors.append(said.text) if said.type == "error" else None)
    phone.goto(f"{shop.url}/admin/second-factor/")
    key = phone.locator("#key").inner_text()
    expect(phone.get_by_alt_text("QR code for the app")).to_be_visible()
    assert_readable(phone)

    phone.get_by_label("Code of the app").fill(code(key))
    phone.get_by_role("button", name="Set up").click()
    expect(phone.locator("#recovery-codes li")).to_have_count(10)
    assert_readable(phone)
    phone.get_by_role("link", name="I have kept them").click()
    expect(phone.get_by_text("10 recovery codes are left")).to_be_visible()
    assert_readable(phone)

    phone.context.clear_cookies()
    phone.goto(f"{shop.url}/admin/login/?next=/admin/orders/order/")
    send_password(phone, owner(shop))
    expect(phone).to_have_url(f"{shop.url}/admin/login/code/")
    assert_readable(phone)
    phone.get_by_label("Code", exact=True).fill("000000")
    phone.get_by_role("button", name="Log in").click()
    expect(phone.get_by_text("This code is wrong")).to_be_visible()
    time.sleep(2)  # for so long the device refuses every code
    # The one of the next half minute is taken as well, and was not used yet.
    phone.get_by_label("Code", exact=True).fill(code(key, later=30))
    phone.get_by_role("button", name="Log in").click()
    expect(phone).to_have_url(f"{shop.url}/admin/orders/order/")
    assert errors == []


def owner(shop: Shop) -> str:
    """Who has set up an app last."""
    found = shop.query(
        "SELECT username FROM auth_user JOIN otp_totp_totpdevice d ON d.user_id = auth_user.id "
        "ORDER BY d.id DESC LIMIT 1"
    )
    return str(found[0][0])
