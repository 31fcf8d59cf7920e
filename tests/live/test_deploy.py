"""docs/deploy.md is true: its files start a shop that customers and staff reach by its proxy."""

import re
import shutil
import subprocess
import tempfile
import time
from base64 import b32decode
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from django_otp.oath import totp

from tests.live.deployment import FORGED_LOGIN_TRIES, STARTED_WITHIN, Deployment, deployed
from tests.support.machine import part
from tests.support.pages import LOG_OUT, forms

pytestmark = [
    pytest.mark.live, pytest.mark.timeout(300), pytest.mark.postgres, pytest.mark.pgbouncer,
    pytest.mark.redis_server, pytest.mark.openssl, pytest.mark.nginx, pytest.mark.poppler,
]  # fmt: skip

PASSWORD = "a password of the tests"
ORDER = {
    "email": "ada@example.com",
    "name": "Ada Lovelace",
    "shipping_address": {
        "line1": "Invalidenstraße 43",
        "postal_code": "10115",
        "city": "Berlin",
        "country": "DE",
    },
    "lines": [{"sku": "MUG", "quantity": 2}],
}


@pytest.fixture(scope="module")
def shop() -> Iterator[Deployment]:
    """A shop with nothing in it but an administrator, running."""
    folder = Path(tempfile.mkdtemp(prefix="shop-deploy-"))
    folder.chmod(0o755)
    try:
        with deployed(folder) as found:
            assert "The shop can start." in found.manage("doctor")
            found.manage("migrate", "--no-input", "--verbosity", "0")
            found.manage("roles")
            found.manage("subscriptions", "--register")
            found.manage(
                "createsuperuser", "--no-input", "--username", "grace", "--email", "g@example.com",
                DJANGO_SUPERUSER_PASSWORD=PASSWORD,
            )  # fmt: skip
            found.manage("check", "--deploy", "--tag", "shop", "--database", "default")
            found.start()
            yield found
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="module")
def staff(shop: Deployment) -> Iterator[httpx.Client]:
    with shop.browser() as browser:
        enrol(browser, log_in(browser, PASSWORD))
        fill_in(browser, "/admin/shop/product/add/", sku="MUG", name="Mug", unit_price="12.00")
        receive = "/admin/inventory/stockitem/receive/"
        fill_in(browser, receive, sku="MUG", quantity="50", reason="delivery note 1")
        yield browser


def log_in(browser: httpx.Client, password: str) -> httpx.Response:
    return send(browser, "/admin/login/?next=/admin/", username="grace", password=password)


def enrol(browser: httpx.Client, answer: httpx.Response) -> None:
    """Set up an app for codes, as the first login asks for; its page is all that is open."""
    page = answer.headers["Location"]
    assert browser.get("/admin/").status_code == 302
    key = re.search('id="key">([A-Z2-7 ]+)<', browser.get(page).text)
    assert key
    code = totp(b32decode(key[1].replace(" ", "")))
    assert "recovery codes" in send(browser, page, code=f"{code:06}").text
    assert browser.get("/admin/").status_code == 200


def fill_in(browser: httpx.Client, address: str, **values: str) -> None:
    answer = send(browser, address, **values)
    assert answer.status_code == 302, answer.text


def send(browser: httpx.Client, address: str, **values: str) -> httpx.Response:
    """The form at that address, filled in."""
    page = browser.get(address)
    assert page.status_code == 200, (address, page.status_code)
    form = next(one for one in forms(page.text) if one.method == "post" and one.id != LOG_OUT)
    return browser.post(address, data=form.filled(**values))


def buy(shop: Deployment, customer: httpx.Client) -> dict[str, Any]:
    answer = customer.post("/api/v1/checkout/", json=ORDER)
    assert answer.status_code == 201, answer.text
    link = answer.json()["links"]["self"]
    assert link.startswith(f"{shop.url}/")
    settled: dict[str, Any] = shop.wait_for(lambda: settled_order(customer, link), STARTED_WITHIN)
    return settled


def settled_order(customer: httpx.Client, link: str) -> dict[str, Any] | None:
    order: dict[str, Any] = customer.get(link).json()
    return order if order["settled"] else None


@pytest.mark.usefixtures("staff")
def test_order_through_proxy_is_settled_mailed_and_invoiced(shop: Deployment) -> None:
    with shop.browser() as customer:
        order = buy(shop, customer)

        page = customer.get(order["links"]["page"])
        invoice = customer.get(order["links"]["invoice"])

    assert page.status_code == 200
    assert "max-age" in page.headers["strict-transport-security"]
    assert order["number"] in page.text
    file = shop.folder / "invoice.pdf"
    file.write_bytes(invoice.content)
    text = subprocess.run(
        [str(part("poppler").path), str(file), "-"], capture_output=True, text=True, check=True
    ).stdout
    assert "Example Trading GmbH" in text
    assert "Ada Lovelace" in text
    subjects = [mail["Subject"] for mail in shop.mail.mails if order["number"] in mail["Subject"]]
    assert len(subjects) == 3
    assert {"ada@example.com", "warehouse@shop.example.com"} == set(shop.mail.recipients)


@pytest.mark.usefixtures("staff")
def test_audit_and_doctor_find_nothing_while_shop_runs(shop: Deployment) -> None:
    with shop.browser() as customer:
        buy(shop, customer)
        told = customer.get("/readyz").json()

    assert (told["broker"], told["relay"], told["needs_a_person"]) == ("ok", "at work", {})
    shop.manage("audit")
    assert shop.manage("doctor").count("the shop runs already") == 2


def test_dashboard_moves_through_proxy(shop: Deployment, staff: httpx.Client) -> None:
    began = time.monotonic()

    with staff.stream("GET", "/analytics/stream/") as stream:
        first = next(line for line in stream.iter_lines() if line.startswith("data:"))

    assert first
    assert time.monotonic() - began < 20  # nginx' buffer would fill in minutes


def test_clients_address_is_taken_from_the_proxy(shop: Deployment) -> None:
    answers = []
    for turn in range(FORGED_LOGIN_TRIES + 1):
        forged = {"X-Forwarded-For": f"203.0.113.{turn}", "X-Forwarded-Proto": "http"}
        with shop.browser("127.0.0.2", **forged) as stranger:
            answers.append(log_in(stranger, "a wrong one").status_code)
    with shop.browser("127.0.0.3") as another:
        answers.append(log_in(another, "a wrong one").status_code)

    assert answers == [200] * FORGED_LOGIN_TRIES + [429, 200]


def test_proxy_refuses_other_host_names(shop: Deployment) -> None:
    with shop.browser(Host="shop.example.org") as stranger, pytest.raises(httpx.HTTPError):
        stranger.get("/")


@pytest.mark.usefixtures("staff")
def test_logs_contain_no_token_of_an_order(shop: Deployment) -> None:
    with shop.browser() as customer:
        order = buy(shop, customer)
        customer.get(order["links"]["page"])
        customer.get(f"{order['links']['page']}nothing-here/")
    token = order["links"]["page"].rstrip("/").rpartition("/")[2]

    logs = {path.name: path.read_text() for path in shop.folder.glob("*.log")}

    assert "/orders/[link]/" in logs["shop.log"]
    assert [name for name, text in logs.items() if token in text] == []


# The last one: it stops the shop meanwhile.
@pytest.mark.usefixtures("staff")
def test_restarted_shop_settles_orders(shop: Deployment) -> None:
    with shop.browser() as customer:
        before = buy(shop, customer)
        shop.stop()
        assert customer.get("/readyz").status_code == 502

        shop.start()

        assert settled_order(customer, before["links"]["self"])
        assert buy(shop, customer)["number"] != before["number"]
    shop.manage("audit")
