"""A shop that is settled and clean, as the checker sees it, in a database without constraints."""

import shutil
import sqlite3
import uuid
from copy import copy
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connection
from django.test import override_settings
from rest_framework.test import APIClient

from bus.models import Event, Outbox, PersonalData
from bus.testing import settle
from config.demo.seeding import seed
from fulfillment.models import Shipment
from fulfillment.services import dispatch_shipment
from inventory.services import correct_stock
from tests.chaos.buyers import DOMAIN, FAMILY, Purchase
from tests.chaos.checker import Evidence, judge
from tests.chaos.mailbox import REFUSED, Mailbox
from tests.chaos.warehouse import Warehouse
from tests.support import truncation
from tests.support.books import Books

BASKETS: dict[str, dict[str, int]] = {
    "sent": {"DESK-INK": 1, "FOOD-TEA": 2},
    "cancelled": {"DESK-PEN": 1, "FOOD-TEA": 1},
    "rejected": {"BOOK-ATLAS": 1},
    "refused": {"HOME-CLOCK": 1},
    "plain": {"DESK-PENCIL": 1, "FOOD-TEA": 1},
}
"""What was ordered, by what became of it; the mails of *refused* have no recipient."""
POISON = "POISON-1"


@dataclass
class Planted:
    """The evidence of the shop, in which a test does its damage; `numbers` of orders by basket."""

    evidence: Evidence
    numbers: dict[str, str]
    file: Path

    def sql(self, *statements: str) -> None:
        """Run them; `:plain` and the like stand for the orders' numbers."""
        with sqlite3.connect(self.file, isolation_level=None) as database:
            changed = sum(database.execute(one, self.numbers).rowcount for one in statements)
        database.close()
        assert changed, f"no damage was done: {statements}"


def settled(folder: Path) -> Planted:
    """Order, settle, dispatch and cancel in this process; leaves the test's database empty."""
    mailbox, warehouse, file = Mailbox(), Warehouse(), folder / "shop.sqlite3"
    outside = {
        "EMAIL_BACKEND": "shop.mail.smtp.SmtpBackend",
        "EMAIL_HOST": "127.0.0.1",
        "EMAIL_PORT": mailbox.port,
        "WAREHOUSE_URL": f"http://127.0.0.1:{warehouse.port}/",
        "WAREHOUSE_SECRET": "chaos",
        "MEDIA_ROOT": folder / "documents",
    }
    try:
        with override_settings(**outside):
            purchases = _live()
        _copy_rows(settings.DATABASES["default"]["NAME"], file)
    finally:
        truncation.empty(connection)
        mailbox.stop()
        warehouse.stop()
    evidence = Evidence(
        books=Books(path=file),
        documents=folder / "documents",
        purchases=list(purchases.values()),
        mails=mailbox.kept(),
        shipped=warehouse.done(),
        logs=[folder / "worker.log"],
        surprises=[],
        sampled=[],
        poisoned={POISON},
    )
    (folder / "worker.log").write_text("all is well\n")
    return Planted(evidence, {name: one.number for name, one in purchases.items()}, file)


def copied(shop: Planted, folder: Path) -> Planted:
    """The same once more, to be damaged."""
    file = shutil.copy(shop.file, folder / "shop.sqlite3")
    log = folder / "worker.log"
    log.write_text("all is well\n")
    mine = {
        "books": Books(path=file),
        "purchases": [copy(one) for one in shop.evidence.purchases],
        "mails": list(shop.evidence.mails),
        "shipped": list(shop.evidence.shipped),
        "surprises": [],
        "sampled": [],
        "stolen": [],
        "poisoned": set(shop.evidence.poisoned),
        "logs": [log],
    }
    fields = {name: getattr(shop.evidence, name) for name in Evidence.__dataclass_fields__}
    return Planted(Evidence(**(fields | mine)), shop.numbers, file)


def promises(shop: Planted) -> set[str]:
    """Which were not kept."""
    return {violation.promise for violation in judge(shop.evidence, 0).all}


def _live() -> dict[str, Purchase]:
    seed()
    web = APIClient()
    purchases = {name: _buy(web, name, basket) for name, basket in BASKETS.items()}
    _poison()
    correct_stock("BOOK-ATLAS", 0, "all of them were damp", "grace")
    settle()
    dispatch_shipment(Shipment.objects.get(number=purchases["sent"].number).pk, "DHL", "JD0001")
    order = f"{purchases['cancelled'].address}cancel/"
    assert web.post(order, {"reason": "changed my mind"}, format="json").status_code == 200
    purchases["cancelled"].cancelled = True
    settle()
    return purchases


def _buy(web: APIClient, name: str, basket: dict[str, int]) -> Purchase:
    body = {
        "email": f"{REFUSED if name == 'refused' else ''}{name}@{DOMAIN}",
        "name": f"Zoë {FAMILY}-{name}",
        "shipping_address": {
            "line1": f"{FAMILY} Lane 1", "postal_code": "10115", "city": "Berlin", "country": "DE",
        },
        "lines": [{"sku": sku, "quantity": quantity} for sku, quantity in basket.items()],
    }  # fmt: skip
    bought = Purchase(key=f"key of {name}", body=body)
    answer = web.post(
        "/api/v1/checkout/", body, format="json", headers={"Idempotency-Key": bought.key}
    )
    order: dict[str, Any] = answer.json()
    bought.address = order["links"]["self"]
    bought.number, bought.total = order["number"], order["total"]
    return bought


def _poison() -> None:
    """An event that no handler can read."""
    identity = uuid.uuid4()
    event = Event.objects.create(
        uuid=identity, type="OrderPlaced", version=1, stream=POISON, data={},
        correlation=identity,
    )  # fmt: skip
    PersonalData.objects.create(event=event, data={})  # else it would count as erased
    Outbox.objects.create(event=event)


def _copy_rows(source: Any, target: Path) -> None:
    """All rows, and none of the constraints and triggers that would refuse the damage."""
    with sqlite3.connect(target) as loose:
        loose.execute("ATTACH ? AS shop", [str(source)])
        tables = loose.execute(
            "SELECT name FROM shop.sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
        )
        for (name,) in tables.fetchall():
            loose.execute(f'CREATE TABLE "{name}" AS SELECT * FROM shop."{name}"')
    loose.close()
