"""The four ways of doing the same, each with its processes and its database."""

import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import httpx

from bench.machine import Meter, resident
from bench.site import ROOT, Site
from tests.support import servers
from tests.support.child import Child
from tests.support.compose import procfile
from tests.support.wait import wait_until

READY_WITHIN = 120
SETTLED_WITHIN = 600
LEFT_OUT = ("flower", "beat")
"""Programs of the Procfile that move no order: who watches, and what is done at night."""

WEB = "python -m uvicorn config.asgi:application --port ${PORT} --no-access-log"
NAIVE = "celery -A bench.rivals.naive_app worker --loglevel warning"


@dataclass(frozen=True)
class Kind:
    """One way. `effects` says whether anything follows from an order."""

    letter: str
    name: str
    what: str
    settings: str
    programs: tuple[tuple[str, str], ...]
    effects: bool = True


def programs() -> tuple[tuple[str, str], ...]:
    """The shop's processes, as they run in production."""
    return tuple((name, line) for name, line in procfile().items() if name not in LEFT_OUT)


BARE = Kind("a", "bare", "the insert alone", "bench.rivals.bare", (("web", WEB),), effects=False)
INLINE = Kind("b", "in-line", "all in the request", "bench.rivals.inline", (("web", WEB),))
NAIVE_CELERY = Kind(
    "c", "naive", "a Celery task each", "bench.rivals.naive", (("web", WEB), ("worker", NAIVE))
)
SHOP = Kind("d", "shop", "events and a ledger", "config.settings", programs())

DONE = """
    SELECT (SELECT count(*) FROM notifications_message WHERE state = 'sent'),
           (SELECT count(*) FROM inventory_answer WHERE granted),
           (SELECT count(*) FROM billing_invoice WHERE drawn_at IS NOT NULL),
           (SELECT count(*) FROM fulfillment_shipment WHERE released_at IS NOT NULL),
           (SELECT coalesce(sum(orders), 0) FROM analytics_dayfigures)"""


class Contender:
    """One kind, running on a site. `frozen` ones use no CPU while others are measured."""

    def __init__(self, kind: Kind, site: Site) -> None:
        self.kind = kind
        self.site = site
        self.port = servers.free_port()
        site.new_database(kind.name)
        self.books = site.books(kind.name)
        env = site.environment(kind.name, kind.settings) | {"PORT": str(self.port)}
        self.children = {
            name: Child(name, ["sh", "-c", f"exec {line}"], env, site.log(f"{kind.name}-{name}"))
            for name, line in kind.programs
        }
        for child in self.children.values():
            child.cwd = ROOT
        self.orders = 0
        """How many it has been asked for and has answered."""

    def start(self) -> None:
        """Return once it answers and its workers work."""
        for child in self.children.values():
            child.start()
        wait_until(self._answers, READY_WITHIN, f"{self.kind.name} answers")
        for child in self.workers:
            wait_until(child.pool, READY_WITHIN, f"{self.kind.name}'s {child.name} has a pool")

    def stop(self) -> None:
        for child in self.children.values():
            child.kill(hold=True)

    @property
    def workers(self) -> list[Child]:
        return [child for name, child in self.children.items() if name.startswith("worker")]

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def freeze(self, *but: str) -> None:
        """Stop all of its processes but those of these names."""
        for name, child in self.children.items():
            child.signal_group(signal.SIGCONT if name in but else signal.SIGSTOP)

    def thaw(self) -> None:
        for child in self.children.values():
            child.signal_group(signal.SIGCONT)

    @contextmanager
    def awake(self, *only: str) -> Iterator[None]:
        """It runs inside, and is frozen before and after; `only` these of its processes."""
        if only:
            self.freeze(*only)
        else:
            self.thaw()
        try:
            yield
        finally:
            self.freeze()

    def meter(self) -> Meter:
        """Its own processes, the servers and the stubs, each told apart."""
        return Meter(
            shop=[child.pid for child in self.children.values()],
            database=[self.site.postgres.pid],
            redis=[self.site.redis.pid],
            stubs=[self.site.stubs.pid],
        )

    def wait_until_settled(self) -> None:
        """Return once every order it has answered has had all of its effects.

        Raises:
            TimeoutError: some of them did not come.
        """
        if self.kind.effects:
            wait_until(self._settled, SETTLED_WITHIN, f"{self.kind.name} has settled", 0.25)

    def _settled(self) -> bool:
        mails, reserved, drawn, released, counted = self.books.rows(DONE)[0]
        settled = mails == 2 * self.orders and self.orders == reserved == drawn
        return bool(settled and released == counted == self.orders)

    def memory(self) -> dict[str, float]:
        """MB resident of each program's largest process."""
        return {
            name: max(map(resident, [child.pid, *child.pool()]))
            for name, child in self.children.items()
        }

    def _answers(self) -> bool:
        try:
            return httpx.get(f"{self.url}/healthz", timeout=2, trust_env=False).is_success
        except httpx.HTTPError:
            time.sleep(0.2)
            return False
