"""Pages of endpoints and webhooks on a phone: an address, however long, makes none wider."""

import re
from collections.abc import Iterator

import pytest
from django.test import Client
from playwright.sync_api import Page, expect, sync_playwright
from pytest_django.fixtures import Settings
from pytest_django.live_server_helper import LiveServer

from bus.models import Event
from bus.testing import given
from outlets.models import Endpoint, Webhook
from shop.testing import placed
from tests.support.machine import part

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.sqlite,
    pytest.mark.browser,
    pytest.mark.timeout(240),
]

ADDRESS = "https://example.com/" + "x" * 60
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]


@pytest.fixture
def phone(
    admin_client: Client, live_server: LiveServer, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Page]:
    # Playwright keeps an event loop in this thread; the database is used outside of it.
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
    session = admin_client.cookies["sessionid"].value
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=part("browser").path, args=FLAGS)
        size = {"width": 360, "height": 800}
        context = browser.new_context(viewport=size, base_url=live_server.url)
        context.add_cookies([{"name": "sessionid", "value": session, "url": live_server.url}])
        yield context.new_page()
        browser.close()


def width(page: Page) -> int:
    found: int = page.evaluate("document.documentElement.scrollWidth")
    return found


def test_long_address_wraps_on_every_page(phone: Page, settings: Settings) -> None:
    settings.OUTLET_WEBHOOKS = True
    given(placed("SO-1", CUP=1))
    endpoint = Endpoint.objects.create(url=ADDRESS, events=["OrderPlaced"], secret="whsec_AAAA")
    webhook = Webhook.objects.create(
        key="1", endpoint=endpoint, event=Event.objects.get().pk, type="OrderPlaced"
    )
    for page in (
        "endpoint/", f"endpoint/{endpoint.pk}/change/", "webhook/", f"webhook/{webhook.pk}/change/"
    ):  # fmt: skip
        phone.goto(f"/admin/outlets/{page}")
        assert width(phone) <= 360, page
        cells = phone.locator("#result_list :is(td, th)")
        assert not cells.evaluate_all("all => all.some(one => one.scrollWidth > one.clientWidth)")

    phone.goto("/admin/outlets/endpoint/add/")
    phone.fill("[name=url]", ADDRESS)
    phone.check("[name=events][value=OrderPlaced]")
    phone.click("[name=_save]")

    expect(phone.locator("code.secret")).to_have_text(re.compile(r"whsec_[\w+/=]{44}"))
    assert width(phone) <= 360
