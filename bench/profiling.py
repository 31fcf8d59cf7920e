"""`make bench-profile`: where the time goes, in the checkout, the relay and each handler."""

import cProfile
import logging
import os
import pstats
import signal
import sys
import time
import uuid
import warnings
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table

from bench.load import bodies
from bench.machine import described
from bench.site import ROOT, Site
from tests.support.apps import APPS

ORDERS = 200
"""Of each pass: one counts CPU time, the next one is profiled."""
BATCH = 10
"""Deliveries in a message, as a busy shop has them."""
WARM_UP = 20

PARTS = (
    ("waiting for the database", ("psycopg/connection.py:wait",)),
    ("driver", ("/psycopg/", "/psycopg_binary/", "/psycopg_pool/")),
    ("Django's ORM", ("django/db/",)),
    ("REST framework", ("/rest_framework/",)),
    ("templates", ("django/template/",)),
    ("mail", ("/email/", "/smtplib.py", "django/core/mail/", "shop/mail/")),
    ("HTTP client", ("/httpx/", "/httpcore/", "/h11/", "/anyio/", "/asyncio/", "/sniffio/")),
    ("PDF", ("/reportlab/", "billing/pdf/", "shop/pdf/")),
    ("Django", ("/django/", "/asgiref/")),
    ("bus", (f"{ROOT}/bus/",)),
    ("apps", tuple(f"{ROOT}/{app}/" for app in (*APPS, "shop"))),
)
"""By the first of these words in a file's name. What is none of it is *Python*."""


CAPTION = (
    "CPU ms of this process, without the profiler, for one checkout, or one delivery routed and "
    "claimed, or done. Shares are of the time under the profiler, waiting included; Python is "
    "all other code. PostgreSQL, Redis, Celery and the web server are not in it."
)
LEAST_TOLD = 0.005


class Step:
    """One thing that is done again and again: how often, its CPU time, and its profile."""

    def __init__(self) -> None:
        self.times = Counter[str]()
        self.cpu = Counter[str]()
        self.profiles: dict[str, cProfile.Profile] = defaultdict(cProfile.Profile)

    def measure(self, name: str, times: int, what: Callable[[], Any], *, profiled: bool) -> Any:
        if profiled:
            return self.profiles[name].runcall(what)
        began = time.process_time()
        result = what()
        self.cpu[name] += time.process_time() - began
        self.times[name] += times
        return result


def main() -> int:
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("Stopped."))  # and all that it started
    console = Console(width=None if sys.stdout.isatty() else 150)
    site = Site()
    try:
        console.print("starting the servers", highlight=False)
        site.open()
        site.new_database("profile")
        os.environ.update(site.environment("profile"))
        step = _worked(console)
    finally:
        site.close()
    console.print(_table(step))
    console.print(f"{described()}, PostgreSQL. {ORDERS} orders, {BATCH} deliveries a message.")
    return 0


def _worked(console: Console) -> Step:
    import django

    django.setup()
    logging.disable(logging.WARNING)
    warnings.filterwarnings("ignore", message="No directory at")
    from bus.models import Subscription

    Subscription.objects.update(batch=BATCH)
    step = Step()
    for what, orders, profiled in (
        ("warming up", WARM_UP, False), ("counting", ORDERS, False), ("profiling", ORDERS, True)
    ):  # fmt: skip
        console.print(what, highlight=False)
        _work(step, orders, profiled=profiled)
        if what == "warming up":
            step = Step()
    return step


def _work(step: Step, orders: int, *, profiled: bool) -> None:
    """Place so many orders, then do all that follows from them."""
    from django.test import Client

    from bus.handlers import find
    from bus.models import State
    from bus.store.claims import claim
    from bus.store.outbox import fan_out
    from bus.store.poll import poll
    from bus.worker.task import handle_message

    customer, basket = Client(headers={"host": "localhost"}), bodies(orders)

    def check_out() -> None:
        headers = {"idempotency-key": str(uuid.uuid4())}
        answer = customer.post(
            "/api/v1/checkout/", next(basket), "application/json", headers=headers
        )
        assert answer.status_code == 201, answer.content

    def relayed() -> tuple[int, Any]:
        return fan_out(), claim(poll(), full_batches=False)

    for _ in range(orders):
        step.measure("checkout", 1, check_out, profiled=profiled)
    while True:
        routed, batches = step.measure("relay, without sending", 0, relayed, profiled=profiled)
        if not routed and not batches:
            break
        for batch in batches:
            step.times["relay, without sending"] += len(batch.tickets) * (not profiled)

            def perform_it(batch: Any = batch) -> Any:
                return handle_message(find(batch.task), batch.tickets)

            outcome = step.measure(batch.task, len(batch.tickets), perform_it, profiled=profiled)
            assert outcome.states[State.DONE] == len(batch.tickets), f"{batch.task}: {outcome}"


def _table(step: Step) -> Table:
    shares = {name: dict(_shares(profile)) for name, profile in step.profiles.items()}
    drawn = Table(box=box.SIMPLE, title="Where the time goes", caption=CAPTION)
    drawn.add_column("one of each", no_wrap=True)
    for head in ("CPU ms", *(name for name, _words in PARTS), "Python"):
        drawn.add_column(head, justify="right")
    for name, times in step.times.items():
        row = [_percent(shares[name].get(part, 0)) for part in (*dict(PARTS), "Python")]
        drawn.add_row(name.rpartition(".")[2], f"{1000 * step.cpu[name] / times:.2f}", *row)
    drawn.add_row("an order, in all", f"{1000 * step.cpu.total() / ORDERS:.2f}")
    return drawn


def _percent(share: float) -> str:
    return f"{100 * share:.0f} %" if share >= LEAST_TOLD else "·"


def _shares(profile: cProfile.Profile) -> Iterator[tuple[str, float]]:
    """Each part's share of the time. What is written in C counts for whoever called it."""
    spent = Counter[str]()
    stats: dict[Any, Any] = pstats.Stats(profile).stats  # type: ignore[attr-defined]  # untyped
    for function, (_calls, _primitive, own, _whole, callers) in stats.items():
        if function[0] != "~":
            spent[_part(function)] += own
        for caller, (_n, _p, own_for_caller, _w) in callers.items() if function[0] == "~" else ():
            spent[_part(caller)] += own_for_caller
    whole = spent.total()
    for part, seconds in spent.items():
        yield part, seconds / whole


def _part(function: tuple[str, int, str]) -> str:
    place = f"{function[0]}:{function[2]}"
    return next((part for part, words in PARTS if any(word in place for word in words)), "Python")


if __name__ == "__main__":
    sys.exit(main())
