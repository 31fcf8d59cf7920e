"""A backup that was made while orders were open, restored after the shop has gone on.

Redis, the mail server and the warehouse remember what came after the backup; the database does not.
"""

import os
import shutil
import signal
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import redis

from bus.broker.quarantine import QUARANTINE
from tests.live.backups import back_up, go_on_after, manage, restore
from tests.live.shop import Shop, processes_of
from tests.support import servers
from tests.support.http_stub import HttpStub
from tests.support.mail_server import MailServer, listening

pytestmark = [
    pytest.mark.live, pytest.mark.timeout(300), pytest.mark.rsync, pytest.mark.sqlite3_shell,
]  # fmt: skip

Order = dict[str, Any]

RESERVE = "inventory.tasks.reserve_stock"
RELEASE = "fulfillment.tasks.release_shipment"
CONFIRM = "notifications.tasks.send_order_confirmation"
SETTLED_WITHIN = 60
POP_ENDS = 2
"""Seconds after which a stopped worker waits for no message in Redis any more."""


@dataclass
class Story:
    """What happened to a shop and its orders."""

    shop: Shop
    """As restored, and running."""
    broker: str
    mail: MailServer
    warehouse: HttpStub
    done: Order
    confirmed: Order
    """Open in the backup: its events are there, the mail and the parcel are not."""
    placed: Order
    """Open in the backup: only its first event is there."""
    lost: Order
    """Placed after the backup, and settled."""
    in_redis: Order
    """Placed after the backup; a message of it is in Redis."""
    files: set[str]
    """The documents that there were in the end."""
    said: dict[str, tuple[int, str]]
    """What commands said after the restore, before the start."""

    def mails(self, order: Order) -> list[str]:
        """The Message-IDs of the confirmations that the customer got."""
        subject = f"Your order {order['number']} at "
        return [str(one["Message-ID"]) for one in self.mail.mails if subject in one["Subject"]]

    def parcels(self, order: Order) -> list[str]:
        """The keys under which the warehouse was told to ship."""
        told = [one for one in self.warehouse.received if order["number"] in one.body.decode()]
        return [one.headers["idempotency-key"] for one in told]


def open_handlers(shop: Shop, order: Order) -> set[str]:
    found = shop.query(
        "SELECT s.name FROM bus_delivery d JOIN bus_subscription s ON s.id = d.subscription_id "
        f"WHERE d.stream = '{order['number']}' AND d.state NOT IN ('done', 'discarded')"
    )
    return {name for (name,) in found}


def documents(shop: Shop) -> set[str]:
    return {path.name for path in shop.folder.glob("documents/invoices/*/*.pdf")}


def only(shop: Shop, order: Order, handlers: set[str], done: str) -> None:
    """Wait until the order waits for these handlers alone, and has come as far as `done`."""
    count = f"SELECT count(*) FROM bus_event WHERE stream = '{order['number']}' AND type = '{done}'"
    shop.wait_for(
        lambda: shop.query(count) == [(1,)] and open_handlers(shop, order) == handlers,
        SETTLED_WITHIN,
    )


@pytest.fixture(scope="module")
def story(
    new_shop: Callable[[], Shop], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Story]:
    backup = tmp_path_factory.mktemp("backup")
    with servers.redis() as broker, HttpStub() as warehouse, listening() as (mail, port):
        around = {
            "REDIS_URL": broker,
            "EMAIL_URL": f"smtp://127.0.0.1:{port}",
            "WAREHOUSE_URL": warehouse.url,
            "WAREHOUSE_SECRET": "whsec_c2VjcmV0IG9mIHRoZSB3YXJlaG91c2Ugc3R1Yg==",
            "PERSONAL_KEYS": "a key that is kept apart from the backup",
        }
        shop = new_shop()
        shop.env |= around
        shop.start()
        orders = before_the_backup(shop)
        back_up(shop, backup)
        orders |= after_the_backup(shop, *orders.values())
        files = documents(shop)
        kill(shop)
        restored = new_shop()
        restored.env |= around
        said = bring_back(restored, backup, shop.folder, str(orders["in_redis"]["number"]))
        restored.start()
        for order in (orders["confirmed"], orders["placed"]):
            restored.wait_until_settled(order, SETTLED_WITHIN)
        yield Story(restored, broker, mail, warehouse, **orders, files=files, said=said)


def before_the_backup(shop: Shop) -> dict[str, Order]:
    done = shop.place_order()
    shop.wait_until_settled(done, SETTLED_WITHIN)
    operate(shop, "pause", RELEASE, CONFIRM)
    confirmed = shop.place_order()
    only(shop, confirmed, {RELEASE, CONFIRM}, "InvoiceIssued")
    operate(shop, "pause", RESERVE)
    placed = shop.place_order()
    only(shop, placed, {RESERVE}, "OrderPlaced")
    return {"done": done, "confirmed": confirmed, "placed": placed}


def operate(shop: Shop, what: str, *handlers: str) -> None:
    """Pause or resume them; one process for all, which takes seconds to start."""
    code = "from bus import ops\n"
    code += "".join(f"ops.{what}({name!r}, by='ada', why='the test')\n" for name in handlers)
    assert manage(shop, "shell", "--no-imports", "-c", code)[0] == 0


def after_the_backup(shop: Shop, *still_open: Order) -> dict[str, Order]:
    operate(shop, "resume", RELEASE, CONFIRM, RESERVE)
    lost = shop.place_order()
    for order in (*still_open, lost):
        shop.wait_until_settled(order, SETTLED_WITHIN)
    shop.send_signal("worker-analytics", signal.SIGSTOP)
    time.sleep(POP_ENDS)
    in_redis = shop.place_order()
    with redis.Redis.from_url(shop.env["REDIS_URL"]) as client:
        shop.wait_for(lambda: client.llen("analytics"), SETTLED_WITHIN)
    return {"lost": lost, "in_redis": in_redis}


def kill(shop: Shop) -> None:
    """As a machine that goes away."""
    for process in processes_of(shop.folder):
        os.kill(process, signal.SIGKILL)


def bring_back(shop: Shop, backup: Path, survived: Path, last: str) -> dict[str, tuple[int, str]]:
    """The steps of the page; the documents have survived, too."""
    restore(shop, backup)
    said = {"backup alone": manage(shop, "audit")}
    shutil.copytree(survived / "documents", shop.folder / "documents", dirs_exist_ok=True)
    said["doctor"] = manage(shop, "doctor")
    said["repair"] = manage(shop, "audit", "--repair", "--why", "the test")
    operate(shop, "resume", RELEASE, CONFIRM, RESERVE)
    go_on_after(shop, last, backup)
    return said


def test_backup_is_whole_though_orders_were_open(story: Story) -> None:
    code, said = story.said["backup alone"]

    assert code == 0, said


def test_open_orders_settle_and_done_ones_stay(story: Story) -> None:
    for order in (story.done, story.confirmed, story.placed):
        states = story.shop.states(order)
        assert set().union(*states.values()) == {"done"}, order["number"]
    assert len(story.mails(story.done)) == len(story.parcels(story.done)) == 1


def test_effect_of_an_event_in_the_backup_repeats_under_its_key(story: Story) -> None:
    for keys in (story.mails(story.confirmed), story.parcels(story.confirmed)):
        assert len(keys) == 2
        assert len(set(keys)) == 1


def test_effect_of_an_event_after_the_backup_repeats_under_another_key(story: Story) -> None:
    for keys in (story.mails(story.placed), story.parcels(story.placed)):
        assert len(keys) == len(set(keys)) == 2


def test_orders_after_the_backup_are_gone_and_their_numbers_too(story: Story) -> None:
    for order in (story.lost, story.in_redis):
        assert "links" not in story.shop.look_at(order)
    new = story.shop.place_order()
    story.shop.wait_until_settled(new, SETTLED_WITHIN)

    assert new["number"] > story.in_redis["number"]


def test_no_document_gets_a_number_that_a_customer_has(story: Story) -> None:
    code, said = story.said["doctor"]
    assert code == 1
    assert "The database is older" in said, said

    again = story.shop.query(
        f"SELECT number FROM billing_invoice WHERE order_number = '{story.placed['number']}'"
    )

    assert [number for (number,) in again if f"{number}.pdf" in story.files] == []


def test_messages_of_a_later_time_do_nothing(story: Story) -> None:
    with redis.Redis.from_url(story.broker) as client:
        story.shop.wait_for(lambda: not client.llen("analytics"), SETTLED_WITHIN)
        assert client.llen(QUARANTINE) == 0
    assert story.shop.query("SELECT count(*) FROM bus_failedattempt") == [(0,)]
    assert story.shop.query("SELECT count(*) FROM bus_delivery WHERE state = 'dead'") == [(0,)]


# The last one: it moves files away.
def test_audit_finds_documents_of_lost_orders_and_then_their_numbers_alone(
    story: Story, tmp_path: Path
) -> None:
    _code, said = story.said["repair"]
    known = {
        f"{number}.pdf" for (number,) in story.shop.query("SELECT number FROM billing_invoice")
    }
    for path in story.shop.folder.glob("documents/invoices/*/*.pdf"):
        if path.name not in known:
            path.rename(tmp_path / path.name)
    lost = len([*tmp_path.iterdir()])
    # As a finding, and among what the repair has left.
    assert said.count("belongs to no document") == 2 * lost > 0, said

    _code, said = manage(story.shop, "audit")

    # The gap stays: the numbers were given.
    assert said.count("is wrong") == 1, said
    assert said.count("has no document") == lost, said
