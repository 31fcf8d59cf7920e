"""A release without a break: old and new image on one ledger, while customers order.

The new image is that of `tests.live.releases`, with a column more, which its migration adds.
"""

import json
import re
import shutil
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.containers.project import BODY, FILES, IDLE, SETTLED_WITHIN, Project
from tests.containers.test_shop import STAY
from tests.live.releases import NEW, later_release
from tests.support.compose import ROOT
from tests.support.nginx import nginx
from tests.support.servers import free_port
from tests.support.wait import wait_until

pytestmark = [pytest.mark.timeout(900), pytest.mark.nginx]

CURRENCY = "    currency = models.CharField(max_length=3, editable=False)\n"
CHANNEL = 'models.CharField(max_length=20, db_default="web", editable=False)'
MIGRATION = """from django.db import migrations, models
class Migration(migrations.Migration):
    dependencies = [("orders", "{last}")]
    operations = [migrations.AddField("order", "channel", {field})]
"""
SITE = """
include {upstream};
server {{
    listen 127.0.0.1:{port};
    access_log off;
    location / {{
        proxy_pass http://shop;
        proxy_set_header Host $http_host;
        proxy_set_header X-Forwarded-For $remote_addr;
        proxy_set_header X-Forwarded-Proto https;
    }}
}}
"""
BETWEEN_ORDERS = 0.4
RELEASED_WITHIN = 400
FOUND = """
import json
from bus.broker import quarantine
from bus.models import Delivery, Event, FailedAttempt
from orders.models import Order
ours = Delivery.objects.filter(stream__gte={first!r})
placed = Event.objects.filter(type="OrderPlaced", stream__gte={first!r})
print(json.dumps({{
    "states": sorted(set(ours.values_list("state", flat=True))),
    "failed": FailedAttempt.objects.filter(delivery__in=ours).count(),
    "versions": sorted(set(placed.values_list("version", flat=True))),
    "newer": placed.filter(version=2).count(),
    "counted": ours.filter(subscription__name={new!r}).count(),
    "orders": Order.objects.filter(number__gte={first!r}, channel="web").count(),
    "quarantined": quarantine.read().count,
}}))
"""


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A checkout of the later release."""
    channel = ("orders/models/order.py", CURRENCY, f"    channel = {CHANNEL}\n{CURRENCY}")
    folder = later_release(tmp_path / "later", channel)
    migrations = folder / "orders/migrations"
    last = max(path.stem for path in migrations.glob("0*.py"))
    later = migrations / f"{int(last[:4]) + 1:04}_channel.py"
    later.write_text(MIGRATION.format(last=last, field=CHANNEL))
    more = ["Dockerfile", ".dockerignore", "tests/containers/warehouse.py", *FILES]
    more += [path.name for path in ROOT.glob("requirements*.txt")]
    for name in more:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, folder / name)
    shutil.copytree(ROOT / "deploy/compose", folder / "deploy/compose")
    return folder


def release(checkout: Path, shop: Project, upstream: Path, pid: Path) -> None:
    """Run the script as docs/deploy.md has it."""
    env = {"UPSTREAM_FILE": str(upstream), "RELOAD_PROXY": f"kill -HUP {pid.read_text().strip()}"}
    ended = subprocess.run(
        ["deploy/compose/release.sh"], cwd=checkout, env=shop.env | env, timeout=RELEASED_WITHIN,
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert ended.returncode == 0, ended.stdout + ended.stderr


@contextmanager
def customers(url: str) -> Iterator[list[Any]]:
    """They order by this proxy, one after the other, until the block ends; yields the answers."""
    answers: list[Any] = []
    gone = threading.Event()

    def order() -> None:
        fresh = httpx.Limits(max_keepalive_connections=0)
        with httpx.Client(base_url=url, limits=fresh, timeout=20, trust_env=False) as http:
            while not gone.wait(BETWEEN_ORDERS):
                body = BODY | {"email": f"grace{len(answers)}@example.com"}
                try:
                    answer = http.post("/api/v1/checkout/", json=body)
                    placed = answer.status_code == 201
                    answers.append(answer.json()["number"] if placed else answer)
                except httpx.HTTPError as error:
                    answers.append(error)

    ordering = threading.Thread(target=order)
    ordering.start()
    try:
        yield answers
    finally:
        gone.set()
        ordering.join()


def image_of(shop: Project, service: str) -> str:
    return str(shop.inspect(service)["Image"])


def test_release_goes_out_while_customers_order(
    shop: Project, checkout: Path, tmp_path: Path
) -> None:
    services = [*STAY, "worker-outlets"]
    old = {image_of(shop, service) for service in services}
    port, upstream, site = free_port(), tmp_path / "upstream.conf", tmp_path / "site.conf"
    upstream.write_text(f"upstream shop {{ server 127.0.0.1:{shop.settings['PORT']}; }}\n")
    site.write_text(SITE.format(upstream=upstream, port=port))

    with (
        nginx(tmp_path, port, site) as pid,
        customers(f"http://127.0.0.1:{port}") as answers,
    ):
        wait_until(lambda: len(answers) >= 3, 30, lambda: str(answers))
        release(checkout, shop, upstream, pid)
        so_far = len(answers)
        wait_until(lambda: len(answers) >= so_far + 3, 30, lambda: str(answers))

    assert [answer for answer in answers if not isinstance(answer, str)] == []
    shop.wait_for(lambda: shop.ask(IDLE) == "True\n", SETTLED_WITHIN)
    code = FOUND.format(first=min(answers), new=NEW)
    found = json.loads(shop.manage("web", "shell", "--no-imports", "-c", code))
    # The new subscription has the events of the last minute before it was registered, too.
    assert len(answers) >= found.pop("counted") >= found.pop("newer") > 0
    assert found == {
        "states": ["done"],
        "failed": 0,
        "versions": [1, 2],
        "orders": len(answers),
        "quarantined": 0,
    }
    new = {image_of(shop, service) for service in services}
    assert len(new) == 1
    assert not new & old
    assert "web-spare" not in {one["Service"] for one in shop.running()}
    assert shop.http.get("/readyz").json()["needs_a_person"] == {}
    # The later release of this test renames a field, and does not teach it to the sums in SQL.
    said = shop.manage("web", "audit", check=False)
    found_by = dict(re.findall(r"^ (.*\S) +([0-9]+) *$", said, re.MULTILINE))
    assert set(found_by) <= {"the figures equal the sums of the events"}, said
    assert "every order with an OrderPlaced exists" in said
