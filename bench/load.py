"""Customers who order as fast as they are answered, or at a steady rate whatever the answer."""

import http.client
import itertools
import json
import random
import threading
import time
import uuid
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

SKUS = ("BOOK-ATLAS", "BOOK-BREAD", "DESK-INK", "DESK-PEN", "FOOD-TEA", "HOME-CLOCK")
LINES = 3
LONGEST = 60
"""Seconds that a customer waits for an answer."""


@dataclass
class Answers:
    """What customers were answered. Times in seconds."""

    took: list[float] = field(default_factory=list)
    numbers: dict[str, float] = field(default_factory=dict)
    """When each order was answered, by its number and the clock of the wall; bare has none."""
    errors: int = 0
    usable: bool = True
    """Whether the machine did hardly anything else meanwhile."""

    def note(self, status: int, body: bytes, took: float) -> None:
        if status != 201:
            self.errors += 1
            return
        self.took.append(took)
        if number := json.loads(body).get("number"):
            self.numbers[number] = time.time()


def together(parts: Iterable[Answers]) -> Answers:
    """All of them as one: every error, and how long it took in turns that are usable."""
    turns = list(parts)
    usable = [part for part in turns if part.usable]
    whole = Answers(errors=sum(part.errors for part in turns), usable=bool(usable))
    for part in usable:
        whole.took += part.took
        whole.numbers |= part.numbers
    return whole


def bodies(seed: int = 1) -> Iterator[bytes]:
    """Baskets of three lines, each of another customer."""
    chance = random.Random(seed)
    for number in itertools.count():
        lines = [
            {"sku": sku, "quantity": chance.randint(1, 2)} for sku in chance.sample(SKUS, LINES)
        ]
        address = {"line1": f"Lane {number}", "postal_code": "10115", "city": "Berlin"}
        body = {
            "email": f"buyer{number}@buyers.example",
            "name": f"Buyer {number}",
            "shipping_address": address | {"country": "DE"},
            "lines": lines,
        }
        yield json.dumps(body).encode()


class Customer:
    """One kept-alive connection."""

    def __init__(self, port: int) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=LONGEST)

    def order(self, body: bytes, answers: Answers, since: float | None = None) -> None:
        """Order once; the time counts from `since` where the customer had to wait in a line."""
        headers = {"Content-Type": "application/json", "Idempotency-Key": str(uuid.uuid4())}
        began = since or time.perf_counter()
        try:
            self._connection.request("POST", "/api/v1/checkout/", body, headers)
            answer = self._connection.getresponse()
            content = answer.read()
        except (OSError, http.client.HTTPException):
            self._connection.close()
            answers.errors += 1
            return
        answers.note(answer.status, content, time.perf_counter() - began)

    def close(self) -> None:
        self._connection.close()


def closed_loop(port: int, orders: int, customers: int, seed: int = 1) -> Answers:
    """So many customers, each of whom orders again as soon as the answer is there."""
    answers, basket = Answers(), bodies(seed)
    left = iter(range(orders))
    lock = threading.Lock()

    def buy() -> None:
        customer = Customer(port)
        while True:
            with lock:
                if next(left, None) is None:
                    break
                body = next(basket)
            customer.order(body, answers)
        customer.close()

    _together([threading.Thread(target=buy) for _ in range(customers)])
    return answers


def open_loop(port: int, rate: float, seconds: float, seed: int = 1) -> Answers:
    """`rate` orders a second, each due when it is due; lateness of the shop counts as its own."""
    answers, basket = Answers(), bodies(seed)
    start = time.perf_counter() + 0.1
    turns = iter(range(int(rate * seconds)))
    lock = threading.Lock()

    def buy() -> None:
        customer = Customer(port)
        while True:
            with lock:
                turn = next(turns, None)
                if turn is None:
                    break
                body = next(basket)
            due = start + turn / rate
            time.sleep(max(0.0, due - time.perf_counter()))
            customer.order(body, answers, due)
        customer.close()

    # So many that one is always free, even where each answer takes seconds.
    _together([threading.Thread(target=buy) for _ in range(max(4, int(rate * 4)))])
    return answers


def _together(threads: list[threading.Thread]) -> None:
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
