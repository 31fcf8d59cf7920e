"""The whole shop in containers: every service reads its settings, and nothing is lost."""

import json
import subprocess
import time
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

import httpx
import pytest

from tests.containers.project import Project
from tests.containers.values import CHOSEN, samples, secret_settings
from tests.support import compose

pytestmark = pytest.mark.timeout(900)

OURS = [
    name
    for name, one in compose.services().items()
    if one["image"] == "shop" and "profiles" not in one
]
STAY = sorted({*OURS} - {"migrate"})
TRY = """
import json, pathlib
status = dict(line.split(":", 1) for line in open("/proc/self/status") if ":" in line)
written = []
for folder in ("/", "/srv/shop", "/var/lib/shop", "/packages", "/etc", "/var/lib/shop/static"):
    try:
        pathlib.Path(folder, "tried").write_text("")
        written.append(folder)
    except OSError:
        pass
pathlib.Path("/tmp/tried").write_text("")
capabilities = sum(int(status[name], 16) for name in ("CapPrm", "CapEff", "CapBnd"))
gain = status["NoNewPrivs"].strip() != "1"
print(json.dumps({"capabilities": capabilities, "may gain": gain, "written": written}))
"""
STOPPED_WITHIN = 15
"""Seconds for the whole of a shop that has nothing to do."""


@pytest.fixture(scope="module")
def order(shop: Project) -> dict[str, Any]:
    """An order to whose end all is done."""
    placed = shop.place_order()
    shop.wait_until_settled(placed)
    return placed


@pytest.mark.parametrize("service", STAY)
def test_every_service_receives_every_setting(shop: Project, service: str) -> None:
    given = shop.environment(service)

    assert {name: given.get(name) for name in CHOSEN} == CHOSEN


def test_everything_runs_and_is_healthy(shop: Project) -> None:
    found = {(one["Service"], one["State"], one["Health"]) for one in shop.running()}

    assert {service for service, state, health in found if state == "running"} >= {*STAY}
    assert {health for _, _, health in found} <= {"", "healthy"}


def text_of(pdf: bytes) -> str:
    done = subprocess.run(
        ["pdftotext", "-layout", "-", "-"], input=pdf, capture_output=True, check=True
    )
    return done.stdout.decode()


def parsed(shop: Project) -> list[EmailMessage]:
    mails = (message_from_bytes(raw, policy=policy.default) for raw in shop.mails())
    return [mail for mail in mails if isinstance(mail, EmailMessage)]


def bodies(mail: EmailMessage) -> str:
    parts = (part for part in mail.walk() if part.get_content_maintype() == "text")
    return "\n".join(str(part.get_content()) for part in parts)


def test_mails_show_chosen_shop_and_no_sample(shop: Project, order: dict[str, Any]) -> None:
    mails = parsed(shop)

    assert mails
    for mail in mails:
        said = f"{mail['From']}\n{mail['Subject']}\n{bodies(mail)}"
        assert mail["From"].addresses[0].addr_spec == "counter@kaese.example"
        assert mail["From"].addresses[0].display_name == "Käse, Brot & Wein"
        assert f"{CHOSEN['SITE_URL']}/orders/" in said
        assert not [sample for sample in samples() if sample in said]
    assert "CHF" in "".join(map(bodies, mails))


def test_invoice_shows_chosen_seller_and_no_sample(shop: Project, order: dict[str, Any]) -> None:
    path = httpx.URL(order["links"]["invoice"]).path

    answer = shop.http.get(path)

    text = " ".join(text_of(answer.content).split())
    for name in ("SELLER_NAME", "SELLER_LINE1", "SELLER_LINE2", "SELLER_POSTAL_CODE", "SELLER_CITY",
                 "SELLER_VAT_ID", "SELLER_EMAIL"):  # fmt: skip
        assert CHOSEN[name] in text, name
    assert CHOSEN["SELLER_IBAN"] in text.replace(" ", "")
    assert "CHF" in text
    assert not [sample for sample in samples() if sample in text]


def test_pages_show_chosen_shop_and_no_sample(shop: Project, order: dict[str, Any]) -> None:
    for path in ("/", httpx.URL(order["links"]["page"]).path, "/admin/login/"):
        answer = shop.http.get(path)
        assert answer.status_code == 200
        assert "Käse &amp; Wein" in answer.text, path
        assert not [sample for sample in samples() if sample in answer.text], path


def test_answers_follow_public_address(shop: Project, order: dict[str, Any]) -> None:
    login = shop.http.get("/admin/login/")

    assert "Secure" in login.headers["Set-Cookie"]
    assert shop.http.get("/", headers={"Host": "extra.example.org"}).status_code == 200
    assert shop.http.get("/", headers={"Host": "shop.example.org:8443"}).status_code == 200
    assert shop.http.get("/", headers={"Host": "elsewhere.example.org"}).status_code == 400


def test_warehouse_receives_signed_requests_at_the_chosen_address(
    shop: Project, order: dict[str, Any]
) -> None:
    said = shop.compose("logs", "--no-log-prefix", "warehouse")

    told = [line for line in said.splitlines() if order["number"] in line]
    assert len(told) == 1
    assert '"path": "/parcels"' in told[0]
    assert '"signed": true' in told[0]


def test_flower_opens_with_its_complete_login_only(shop: Project) -> None:
    page = f"http://127.0.0.1:{shop.settings['FLOWER_PORT']}/"
    user, _, password = CHOSEN["FLOWER_AUTH"].partition(":")

    def status(*auth: str) -> int:
        login = httpx.BasicAuth(*auth) if auth else None
        return httpx.get(page, auth=login, timeout=20, trust_env=False).status_code

    assert status() == 401
    assert status(user, password.partition(":")[0]) == 401
    assert status(user, password) == 200


@pytest.mark.parametrize("service", sorted({*STAY} - {"beat", "flower"}))
def test_audit_is_clean_wherever_it_may_run(
    shop: Project, order: dict[str, Any], service: str
) -> None:
    shop.manage(service, "audit")  # fails with what it found


def test_documents_survive_in_their_volume(shop: Project, order: dict[str, Any]) -> None:
    listed = shop.compose("exec", "-T", "web", "find", "/var/lib/shop/documents", "-name", "*.pdf")

    issued = "from billing.models import Invoice; print(Invoice.objects.exclude(sha256='').count())"
    count = int(shop.manage("web", "shell", "--no-imports", "-c", issued))
    assert len(listed.split()) >= count > 0


@pytest.mark.parametrize("service", STAY)
def test_container_can_change_nothing_of_its_image(shop: Project, service: str) -> None:
    assert shop.compose("exec", "-T", service, "id", "-u").strip() == "10001"
    said = shop.compose("exec", "-T", service, "python", "-c", TRY)

    assert json.loads(said) == {"capabilities": 0, "may gain": False, "written": []}


@pytest.mark.parametrize("service", STAY)
def test_container_has_limits_and_no_secret_in_its_environment(shop: Project, service: str) -> None:
    found = shop.inspect(service)

    limits = found["HostConfig"]
    assert limits["Memory"] >= 512 * 2**20
    assert limits["NanoCpus"]
    assert limits["PidsLimit"]
    secrets = {CHOSEN[name] for name in secret_settings() & CHOSEN.keys()}
    assert len(secrets) >= 8
    assert [one for one in secrets if one in json.dumps(found, ensure_ascii=False)] == []


def test_killed_scaled_worker_loses_no_delivery(shop: Project) -> None:
    shop.up("--scale", "worker-billing=3", "--no-recreate")
    workers = [one for one in shop.running() if one["Service"] == "worker-billing"]
    assert len(workers) == 3
    orders = [shop.place_order() for _ in range(10)]

    subprocess.run(["docker", "kill", workers[0]["ID"]], check=True, capture_output=True)

    orders += [shop.place_order() for _ in range(5)]
    shop.wait_until_settled(*orders)
    shop.up("--scale", "worker-billing=1", "--no-recreate")
    assert len([one for one in shop.running() if one["Service"] == "worker-billing"]) == 1
    shop.manage("web", "audit")


def test_stopped_shop_starts_again_without_loss(shop: Project, order: dict[str, Any]) -> None:
    shop.compose("stop", "worker-analytics")
    waiting = shop.place_order()
    shop.wait_for(lambda: shop.open_deliveries(waiting) == {"analytics"}, 60)
    began = time.monotonic()

    shop.compose("stop")

    took = time.monotonic() - began
    assert took < STOPPED_WITHIN, f"{took:.0f} s\n{shop.compose('logs', '--tail', '5')}"
    shop.up()
    shop.wait_until_settled(order, waiting)
    shop.manage("web", "audit")
