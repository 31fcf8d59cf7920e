"""Customers: they order at a steady rate, repeat under the same key, and remember every answer."""

import random
import threading
import time
import uuid
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import asdict, dataclass, field
from typing import Any

import httpx

from tests.chaos.mailbox import REFUSED

ASK_AGAIN = ("409", "429")
"""Refusals that mean later: a conflict with one's own first try, and too many requests."""

SOLD_OUT = "409 out of stock"
"""A refusal that is final: another body would be needed."""

FAMILY = "Quillfeather"
"""Everybody's family name, and below everybody's domain: what no log may ever hold."""
DOMAIN = "buyers.example"

PATIENCE = 120
"""Seconds for which a customer asks again under the same key."""
CANCELLED = 0.06
UNKNOWN_ADDRESS = 0.02
SCARCE = ("BOOK-FIRST", "FOOD-TRUFFLE", "HOME-VASE")
PLENTY = ("BOOK-ATLAS", "BOOK-BREAD", "DESK-INK", "DESK-PEN", "FOOD-TEA", "HOME-CLOCK")


@dataclass
class Purchase:
    """What one customer asked for and was told. Times are seconds since the epoch."""

    key: str
    body: dict[str, Any]
    begun_at: float = 0.0
    answered_at: float = 0.0
    address: str = ""
    """Of the order in the API."""
    number: str = ""
    total: str = ""
    tries: list[tuple[float, float, str]] = field(default_factory=list)
    """For each try: when it began, how long it took, and the status or the error."""
    wants_to_cancel: bool = False
    cancelled: bool = False

    @property
    def email(self) -> str:
        return str(self.body["email"])

    @property
    def unknown_address(self) -> bool:
        return self.email.startswith(REFUSED)

    @property
    def sold_out(self) -> bool:
        return bool(self.tries) and self.tries[-1][2] == SOLD_OUT

    @property
    def refused(self) -> bool:
        """The last answer was no, and asking again would not have changed it."""
        said = self.tries[-1][2] if self.tries else ""
        return said.startswith("4") and said not in ASK_AGAIN

    def record(self) -> dict[str, Any]:
        return {"purchase": asdict(self)}


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
            self.errors.append("nobody knows: the thread that sends customers died of an error")
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
        """A basket, and somebody whose name and address are easy to find where they must not be."""
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
            self.send(purchase)
            due += 1 / self.rate
            self._stop.wait(max(0.0, due - time.monotonic()))

    def send(self, purchase: Purchase) -> None:
        """Let one customer buy, beside all the others."""
        self._bought.append(self._pool.submit(self.buy, purchase))

    def buy(self, purchase: Purchase) -> Purchase:
        """Order until there is an answer, always under the same key; then perhaps cancel."""
        with self._lock:
            self.purchases.append(purchase)
        purchase.begun_at = time.time()
        headers = {"Idempotency-Key": purchase.key}
        answer = self._insist(purchase, "/api/v1/checkout/", purchase.body, headers)
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
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            began = time.time()
            try:
                answer = self._http.post(url, json=body, headers=headers)
            except httpx.HTTPError as error:
                said = type(error).__name__
            else:
                said = _said(answer)
            purchase.tries.append((began, time.time() - began, said))
            if said.startswith("2"):
                return answer
            if purchase.refused:
                return None
            time.sleep(0.3)
        return None


def _said(answer: httpx.Response) -> str:
    if answer.status_code == httpx.codes.CONFLICT and b"#out-of-stock" in answer.content:
        return SOLD_OUT
    return str(answer.status_code)
