"""A mail provider that refuses everything: found, mended and delivered again by an operator."""

from collections.abc import Iterator

import httpx
import pytest
from playwright.sync_api import expect

from tests.live.conftest import stopped_shop
from tests.live.shared.browser import administrator
from tests.live.shared.findings import grave_findings
from tests.live.shop import Shop
from tests.support.mail_server import MailServer, listening

pytestmark = [pytest.mark.live, pytest.mark.sqlite, pytest.mark.browser, pytest.mark.timeout(400)]

REFUSED = "550 This account is closed"
DEAD = "SELECT COUNT(*) FROM bus_delivery WHERE state = 'dead'"
ALERTS = """SELECT DISTINCT s.name, d.state FROM bus_delivery d
    JOIN bus_subscription s ON s.id = d.subscription_id WHERE s.event_type = 'DeliveryDied'"""


@pytest.fixture
def provider() -> Iterator[tuple[MailServer, int]]:
    """A mail server that refuses every mail, until its `script` is cleared."""
    with listening() as (server, port):
        server.script["MAIL"] = [REFUSED] * 1000
        yield server, port


@pytest.fixture
def shop(provider: tuple[MailServer, int]) -> Iterator[Shop]:
    """A shop that sends its mails there, also those to the warehouse and to the operators."""
    with stopped_shop() as found:
        found.env |= {
            "EMAIL_URL": f"smtp://127.0.0.1:{provider[1]}",
            "OPERATORS": "ada@operators.example.com",
        }
        found.start()
        yield found


def test_operator_mends_dead_deliveries_as_group_and_customer_sees_it(
    shop: Shop, provider: tuple[MailServer, int]
) -> None:
    server, _port = provider
    orders = [shop.place_order() for _ in range(2)]
    # Warehouse, confirmation and invoice of each order, and the mail that tells operators so.
    shop.wait_for(lambda: shop.query(DEAD)[0][0] >= 6, 60)

    with administrator(shop) as operator:
        customer = operator.context.browser.new_context().new_page()  # type: ignore[union-attr]  # it has one
        customer.goto(f"{shop.url}{httpx.URL(orders[0]['links']['page']).path}")
        expect(customer.locator("main")).to_contain_text("takes longer than it should")

        server.script.clear()
        operator.locator(".needs-person a", has_text="release_shipment").click()
        expect(operator.locator(".failures .group")).to_have_count(1)
        assert grave_findings(operator) == []
        operator.get_by_role("link", name="WarehouseRefused").click()
        expect(operator.locator(".failures")).to_contain_text("550 This account is closed")
        assert grave_findings(operator) == []
        operator.get_by_role("link", name="Deliver again").click()
        operator.fill("[name=reason]", "the provider has opened the account again")
        operator.get_by_role("button", name="Deliver again").click()
        expect(operator.locator("body")).to_contain_text("2 of 2, finished")

        expect(customer.locator("main")).not_to_contain_text(
            "takes longer than it should", timeout=30_000
        )

    # The alert's own mail was refused, too: it is dead, and nothing was published about that.
    assert dict(shop.query(ALERTS)) == {
        "config.alerts.mail_death": "dead",
        "config.alerts.post_death": "done",
    }
    assert [mail["Subject"] for mail in server.mails if "pack" in mail["Subject"]] != []
    states = shop.states(orders[0])
    assert states["fulfillment"] == {"done"}
    assert "dead" in states["notifications"]
