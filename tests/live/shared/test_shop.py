"""The shop as it runs: one order, every app, and what happens when parts of it are away."""

import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.live.shop import MANAGE, ROOT, Shop
from tests.support.apps import APPS

pytestmark = [pytest.mark.live, pytest.mark.timeout(300)]


ALWAYS = {*APPS} - {"outlets"}
"""The apps with handlers in every shop; those of outlets come with a setting."""


def test_order_is_settled_within_5_seconds_with_every_handler_done(shop: Shop) -> None:
    shop.wait_until_settled(shop.place_order(), 30)  # the first one also loads every worker

    order = shop.place_order()

    states = shop.wait_until_settled(order, 5)
    assert set(states) == ALWAYS
    assert set().union(*states.values()) == {"done"}


def test_metrics_show_an_order_on_its_way_through_all_processes(shop: Shop) -> None:
    def counted() -> dict[str, float]:
        return {
            "placed": shop.metric("web", "shop_checkout_seconds_count", outcome="placed"),
            "sent": shop.metric("relay", "shop_deliveries_sent_total"),
            "handled": shop.metric(
                "worker-billing", "shop_deliveries_handled_total", outcome="done"
            ),
            "messages": shop.metric("worker-billing", "shop_message_seconds_count"),
        }

    before = counted()
    shop.wait_until_settled(shop.place_order(), 30)

    shop.wait_for(lambda: all(count > before[name] for name, count in counted().items()), 10)
    assert shop.metric("web", "shop_ledger_up") == 1
    assert shop.metric("web", "shop_workers_alive", queue="billing") == 1
    took = "shop_event_to_effect_seconds_count"
    shop.wait_for(lambda: shop.metric("web", took, subscription="billing.tasks.issue_invoice"), 30)


def test_order_command_follows_orders_until_settled(shop: Shop) -> None:
    command = [*MANAGE, "order", "25", "--timeout", "60"]

    ended = subprocess.run(command, env=shop.env, capture_output=True, text=True, timeout=120)

    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert "25 orders placed" in ended.stdout
    assert "settled: 25 of 25" in ended.stdout
    assert re.search(r"billing +\d+ +0 +0 +0 *\n", ended.stdout)


def test_settled_order_has_mails_and_invoice(shop: Shop) -> None:
    order = shop.place_order()
    shop.wait_until_settled(order, 30)

    mails = [path.read_text() for path in (shop.folder / "mail").iterdir()]
    about = [mail for mail in mails if order["number"] in mail]
    invoice = shop.http.get(order["links"]["invoice"])

    assert len(about) >= 2
    assert any("application/pdf" in mail for mail in about)
    assert invoice.content.startswith(b"%PDF-")


def test_stopped_worker_stops_no_other_and_catches_up(shop: Shop) -> None:
    shop.send_signal("worker-billing", signal.SIGSTOP)

    orders = [shop.place_order() for _ in range(3)]

    others = ALWAYS - {"billing"}
    for order in orders:
        shop.wait_for(
            lambda order=order: all(shop.states(order).get(app) == {"done"} for app in others), 30
        )
        assert "done" not in shop.states(order)["billing"]
    shop.send_signal("worker-billing", signal.SIGCONT)
    for order in orders:
        assert shop.wait_until_settled(order, 60)["billing"] == {"done"}


def test_orders_placed_without_redis_settle_once_it_is_back(shop: Shop) -> None:
    shop.forget_messages()
    shop.send_signal("redis", signal.SIGSTOP)

    orders = []
    for _ in range(3):
        began = time.monotonic()
        orders.append(shop.place_order())
        assert time.monotonic() - began < 1
    shop.send_signal("redis", signal.SIGCONT)
    back = time.monotonic()

    for order in orders:
        states = shop.wait_until_settled(order, max(1, 30 - (time.monotonic() - back)))
        assert set().union(*states.values()) == {"done"}


def test_new_app_with_its_own_worker_receives_next_order(shop: Shop, tmp_path: Path) -> None:
    env = {
        **shop.env,
        "METRICS_PORT": "",  # the shop's are taken
        "DJANGO_SETTINGS_MODULE": "fraud_settings",
        "PYTHONPATH": f"{ROOT / 'tests/live'}:{ROOT}",
    }
    command = [sys.executable, "-m", "celery", "-A", "config", "worker", "--queues", "fraud"]
    with (tmp_path / "fraud.log").open("wb") as log:
        worker = subprocess.Popen(
            [*command, "--hostname", "fraud@%h"], env=env, cwd=ROOT, stdout=log, stderr=log
        )
    try:
        alive: Path = shop.folder / "run" / "worker-fraud.alive"
        shop.wait_for(lambda: alive.exists() or worker.poll() is not None, 60)
        assert worker.poll() is None, (tmp_path / "fraud.log").read_text()

        order = shop.place_order()

        states = shop.wait_until_settled(order, 30)
        assert states["fraud"] == {"done"}
        assert (shop.folder / "fraud" / order["number"]).exists()
    finally:
        worker.send_signal(signal.SIGINT)
        worker.wait(60)
        # Or later orders would wait for it.
        retire = ["--retire", "fraud.tasks.screen_order", "--by", "a test", "--why", "it is over"]
        subprocess.run([*MANAGE, "subscriptions", *retire], env=shop.env, check=True)
