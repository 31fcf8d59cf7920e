"""Too many at once: for the last piece, under one key, and after a subscriber was away."""

import time
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from random import Random
from typing import Any

import httpx

from tests.chaos.buyers import Buyers, Purchase
from tests.chaos.faults.fault import ANY, fault
from tests.chaos.probe import PLAIN
from tests.chaos.stage import Stage
from tests.support.wait import wait_until

RUSH = 200
REPEATS = 50
SMALL_BACKLOG, LARGE_BACKLOG = 100, 10_000
DRAIN_OVER_ARRIVAL = 3
"""A backlog goes at three times the rate at least at which new orders come meanwhile."""

LEASES = 150
"""Seconds after which what another fault has caught in a lease is done too."""

FEW_PIECES = """
from inventory.services import receive_stock
from shop.models import Product
Product.objects.create(sku="{sku}", name="The last ones", unit_price="9.00")
receive_stock("{sku}", {pieces}, "chaos")
"""

EFFECTS = {
    "worker-inventory": "SELECT count(*) FROM inventory_answer",
    "worker-billing": "SELECT count(*) FROM billing_invoice WHERE kind = 'invoice'",
    "worker-fulfillment": "SELECT count(*) FROM fulfillment_shipment",
    "worker-analytics": "SELECT count(*) FROM analytics_countedfact WHERE kind = 'OrderPlaced'",
}
PLACED = "SELECT count(*) FROM orders_order WHERE state <> 'draft'"
"""Not the events: some of those are planted, and no handler can ever read them."""
WANTED = {
    "worker-billing": "SELECT count(*) FROM orders_order "
    "WHERE state = 'placed' AND reserved_at IS NOT NULL",
}
"""Orders that the worker must have acted on, where that is not each that was placed."""


@fault(f"the last two or three pieces of a product, and {RUSH} buyers at once", bar=60, seconds=90)
def last_pieces(stage: Stage, chance: Random) -> str:
    """As many orders keep their reservation as there are pieces, and all others are cancelled.

    Raises:
        AssertionError: more or fewer do.
    """
    pieces, sku = chance.randint(2, 3), f"LAST-{uuid.uuid4().hex[:8].upper()}"
    _insist(lambda: stage.manage("shell", "-c", FEW_PIECES.format(sku=sku, pieces=pieces)))
    buyers = _buyers(stage)
    purchases = [_purchase(buyers, [{"sku": sku, "quantity": 1}]) for _ in range(RUSH)]
    with ThreadPoolExecutor(RUSH) as crowd:
        list(crowd.map(buyers.buy, purchases))
    numbers = [one.number for one in purchases if one.number]
    wanted = [(len(numbers), min(pieces, len(numbers)), max(len(numbers) - pieces, 0))]
    found: list[Any] = []

    def all_answered() -> bool:
        found[:] = stage.books.rows(_outcomes(len(numbers)), *numbers)
        return found == wanted

    with suppress(TimeoutError):
        wait_until(all_answered, LEASES, "every buyer has an answer", every=0.5)
    assert found == wanted, f"{sku}: answered, kept, cancelled are {found}, must be {wanted}"
    return f"{pieces} pieces, {len(numbers)} orders"


def _outcomes(count: int) -> str:
    marks = ", ".join(["%s"] * count)
    return (
        "SELECT count(*), count(CASE WHEN a.granted AND o.state = 'placed' THEN 1 END), "
        "count(CASE WHEN NOT a.granted AND o.state = 'cancelled' THEN 1 END) "
        "FROM inventory_answer a JOIN orders_order o ON o.number = a.number "
        f"WHERE a.number IN ({marks})"
    )


@fault(f"one idempotency key {REPEATS} times at once, then with another body", bar=20, seconds=40)
def same_key(stage: Stage, chance: Random) -> str:
    """Whoever is answered 2xx is answered with the one order; another body never is.

    Raises:
        AssertionError: there were two orders, or the other body was taken.
    """
    buyers = _buyers(stage)
    purchase = _purchase(buyers)
    other = buyers.body([{"sku": "DESK-INK", "quantity": 2}])
    with ThreadPoolExecutor(REPEATS) as crowd:
        asked = [crowd.submit(_ask, stage, purchase) for _ in range(REPEATS - 1)]
        buyers.buy(purchase)
        answers = [one.result() for one in asked]
    numbers = {one.json()["number"] for one in answers if one is not None and one.is_success}
    assert numbers <= {purchase.number}, f"one key has the orders {numbers} and {purchase.number}"
    if purchase.number:
        refusal = _insist(lambda: _final(_ask(stage, purchase, other)))
        assert refusal == httpx.codes.UNPROCESSABLE_ENTITY, f"another body was told {refusal}"
    return f"{sum(one is not None and one.is_success for one in answers)} answered alike"


@fault(f"a subscriber away for {SMALL_BACKLOG} orders", bar=30, seconds=40, broker=ANY)
def backlog(stage: Stage, chance: Random) -> str:
    return _backlog(stage, chance, SMALL_BACKLOG)


@fault(f"a subscriber away for {LARGE_BACKLOG} orders", bar=30, seconds=1200, at_random=False,
       broker=ANY)  # fmt: skip
def large_backlog(stage: Stage, chance: Random) -> str:
    return _backlog(stage, chance, LARGE_BACKLOG)


def _backlog(stage: Stage, chance: Random, orders: int) -> str:
    """Let orders pile up for one worker, start it, and see how fast it catches up.

    Raises:
        AssertionError: it was slower than it may be.
    """
    name = chance.choice(sorted(EFFECTS))
    worker, buyers = stage.shop[name], _buyers(stage)
    worker.stop()
    try:
        with ThreadPoolExecutor(16) as crowd:
            list(crowd.map(buyers.buy, [_purchase(buyers) for _ in range(orders)]))
    finally:
        worker.start()
    behind = stage.books.one(EFFECTS[name])
    wait_until(lambda: stage.books.one(EFFECTS[name]) > behind, LEASES, f"{name} has begun")
    began, done, placed = time.monotonic(), *_counts(stage, name)
    wait_until(
        lambda: _counts(stage, name)[0] >= _counts(stage, name)[1] - buyers.rate,
        LEASES + orders / 10, f"{name} has caught up",
    )  # fmt: skip
    took, (done_now, placed_now) = time.monotonic() - began, _counts(stage, name)
    drained, arrived = (done_now - done) / took, (placed_now - placed) / took
    said = f"{name} did {drained:.0f}/s while {arrived:.1f}/s arrived"
    assert drained >= DRAIN_OVER_ARRIVAL * arrived, said
    return said


def _counts(stage: Stage, name: str) -> tuple[int, int]:
    return stage.books.one(EFFECTS[name]), stage.books.one(WANTED.get(name, PLACED))


def _buyers(stage: Stage) -> Buyers:
    assert stage.buyers is not None
    return stage.buyers


def _purchase(buyers: Buyers, lines: list[dict[str, Any]] | None = None) -> Purchase:
    return Purchase(str(uuid.uuid4()), buyers.body(lines or PLAIN))


def _ask(
    stage: Stage, purchase: Purchase, body: dict[str, Any] | None = None
) -> httpx.Response | None:
    headers = {"Idempotency-Key": purchase.key}
    with suppress(httpx.HTTPError):
        return httpx.post(
            f"{stage.url}/api/v1/checkout/", json=body or purchase.body, headers=headers,
            timeout=30, trust_env=False,
        )  # fmt: skip
    return None


def _final(answer: httpx.Response | None) -> int:
    """The status, unless it says to repeat."""
    if answer is None or answer.status_code >= 500 or answer.status_code == httpx.codes.CONFLICT:
        return 0
    return answer.status_code


def _insist(act: Callable[[], Any]) -> Any:
    """Do it until it works: another fault may be at work."""

    def done() -> Any:
        with suppress(RuntimeError):
            return act() or None
        return None

    return wait_until(done, 60, "it works", every=1)
