"""Customers: they order at a steady rate, repeat under the same key, and remember every answer."""

import random
import threading
import time
import uuid
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import httpx

from tests.chaos.keyless import order_without_key
from tests.chaos.mailbox import REFUSED
from tests.chaos.purchase import CHECKOUT, RETRY_FOR, Purchase, said_of

FAMILY = "Quillfeather"
"""Every customer's family name, and below it their domain: no log may contain either."""
DOMAIN = "buyers.example"

CANCELLED = 0.06
UNKNOWN_ADDRESS = 0.02
KEYLESS = 0.2
SCARCE = ("BOOK-FIRST", "FOOD-TRUFFLE", "HOME-VASE")
PLENTY = ("BOOK-ATLAS", "BOOK-BREAD", "DESK-INK", "DESK-PEN", "FOOD-TEA", "HOME-CLOCK")


class Buyers:
    """Sends `rate` orders a second to `url` until it is told to stop.

    Open loop: an order is due when it is due, however slow the shop is just now.
    """

    def __init__(self, url: str, rate: float, seed: int) -> None:
        self.purchases: list[Purchase] = []
        self.errors: list[str] = []
        """What ended a customer, or the one who sends them, before his time; known after `stop`."""
        self.rate = rate
        self._chance = random.Random(seed)
        self._http = httpx.Client(
            base_url=url, timeout=30, trust_env=False,
            limits=httpx.Limits(max_connections=64, max_keepalive_connections=16),
        )  # fmt: skip
        self._stop = threading.Event()
        self._sender = threading.Thread(target=self._send, daemon=True, name="buyers")
        self._pool = ThreadPoolExecutor(48, thread_name_prefix="buyer")
        self._bought: list[Future[Purchase]] = []
        self._lock = threading.Lock()

    def start(self) -> None:
        self._sender.start()

    def stop(self) -> None:
        """No new orders; returns when every customer has an answer or has given up."""
        if self._sender.ident and not self._sender.is_alive():
            self.errors.append("not checked: the thread that sends customers died of an error")
        self._stop.set()
        if self._sender.is_alive():
            self._sender.join()
        self._pool.shutdown(wait=True)
        died = filter(None, (one.exception() for one in self._bought))
        self.errors += [f"a customer could not go on: {error!r}" for error in died]

    def answered(self) -> list[Purchase]:
        with self._lock:
            return [one for one in self.purchases if one.number]

    def body(self, lines: list[dict[str, Any]] | None = None) -> dict[str, Any]:
        """A basket, and a customer whose name and address are easy to find in a log."""
        chance = self._chance
        who = f"{chance.randrange(10**9):09}"
        refused = REFUSED if lines is None and chance.random() < UNKNOWN_ADDRESS else ""
        return {
            "email": f"{refused}c{who}@{DOMAIN}",
            "name": f"Zoë {FAMILY}-{who}",
            "shipping_address": {
                "line1": f"{FAMILY} Lane {who}",
                "postal_code": "10115",
                "city": "Berlin",
                "country": "DE",
            },
            "lines": lines or self._lines(),
        }

    def _lines(self) -> list[dict[str, Any]]:
        chance = self._chance
        skus = chance.sample(PLENTY, k=chance.randint(1, 3))
        if chance.random() < 0.03:
            skus.append(chance.choice(SCARCE))
        return [{"sku": sku, "quantity": chance.randint(1, 2)} for sku in skus]

    def _send(self) -> None:
        due = time.monotonic()
        while not self._stop.is_set():
            purchase = Purchase(str(uuid.uuid4()), self.body())
            purchase.wants_to_cancel = self._chance.random() < CANCELLED
            purchase.keyless = self._chance.random() < KEYLESS
            self.send(purchase)
            due += 1 / self.rate
            self._stop.wait(max(0.0, due - time.monotonic()))

    def send(self, purchase: Purchase) -> None:
        """Let one customer buy, beside all the others."""
        self._bought.append(self._pool.submit(self.buy, purchase))

    def buy(self, purchase: Purchase) -> Purchase:
        """Order until there is an answer, under one key or with care; then perhaps cancel."""
        with self._lock:
            self.purchases.append(purchase)
        purchase.begun_at = time.time()
        if purchase.keyless:
            answer = order_without_key(self._http, purchase)
        else:
            headers = {"Idempotency-Key": purchase.key}
            answer = self._insist(purchase, CHECKOUT, purchase.body, headers)
        if answer is None:
            return purchase
        order = answer.json()
        purchase.address, purchase.total = order["links"]["self"], order["total"]
        purchase.answered_at, purchase.number = time.time(), order["number"]
        if purchase.wants_to_cancel:
            time.sleep(random.uniform(0, 2))
            url = f"{purchase.address}cancel/"
            purchase.cancelled = bool(self._insist(purchase, url, {"reason": "chaos"}, {}))
        return purchase

    def _insist(
        self, purchase: Purchase, url: str, body: dict[str, Any], headers: dict[str, str]
    ) -> httpx.Response | None:
        deadline = time.monotonic() + RETRY_FOR
        while time.monotonic() < deadline:
            began = time.time()
            try:
                answer = self._http.post(url, json=body, headers=headers)
            except httpx.HTTPError as error:
                said = type(error).__name__
            else:
                said = said_of(answer)
            purchase.tries.append((began, time.time() - began, said))
            if said.startswith("2"):
                return answer
            if purchase.refused:
                return None
            time.sleep(0.3)
        return None
