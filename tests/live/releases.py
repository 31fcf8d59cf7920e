"""Two releases of the shop: this checkout, and a copy of it with the changes of a later one."""

import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.live.shop import ROOT, Shop
from tests.support.apps import PACKAGES
from tests.support.compose import procfile

Change = tuple[str, str, str]
"""A file, a text that it has once, and what the later release has instead."""

VERSION_2 = """class OrderPlaced(OrderEvent, frozen=True, kw_only=True, rename={"total": "gross"}):
    version = 2

    @classmethod
    def upcast(cls, version, data):
        return {**data, "gross": data["total"]}

"""
"""Version 1 of it, and of the events that are made of it, has no `gross`: neither reads the other
without an upcast."""

WITH_WAREHOUSE = """class StockReserved(OrderEvent, frozen=True, kw_only=True):
    warehouse: str = "main"
"""

COUNTS = """@subscribe(StockReserved, queue=QUEUE, retry=RETRY)
def count_reservation(event: StockReserved) -> None:
    assert event.warehouse == "main"


"""
NEW = "analytics.tasks.count_reservation"
SALES = "@subscribe(OrderPlaced, "

LATER: list[Change] = [
    ("shop/events.py", "class OrderPlaced(OrderEvent, frozen=True, kw_only=True):\n", VERSION_2),
    (
        "shop/events.py",
        "class StockReserved(OrderEvent, frozen=True, kw_only=True):\n",
        WITH_WAREHOUSE,
    ),
    ("analytics/tasks.py", SALES, COUNTS + SALES),
    ("analytics/tasks.py", "OrderPlaced, Ship", "OrderPlaced, StockReserved, Ship"),
]
"""A new version of three events, an optional field in another one, and a new subscription."""

QUEUES = [
    line.split(" --queues ")[1].split()[0] for line in procfile().values() if "--queues" in line
]

RUN = {
    "web": [sys.executable, "manage.py", "serve"],
    "relay": [sys.executable, "manage.py", "relay"],
    "worker": [
        *(sys.executable, "-m", "celery", "-A", "config", "worker", "--concurrency", "2"),
        *("--queues", ",".join(QUEUES)),
    ],
}


def later_release(folder: Path, *more: Change) -> Path:
    """A copy of the project's code with `LATER` in it, and more changes."""
    for package in PACKAGES:
        if package not in {"tests", "bench"}:
            ignored = shutil.ignore_patterns("__pycache__", "tests")
            shutil.copytree(ROOT / package, folder / package, ignore=ignored)
    shutil.copy(ROOT / "manage.py", folder)
    for name, was, now in [*LATER, *more]:
        file = folder / name
        text = file.read_text()
        assert text.count(was) == 1, f"{name} has not once: {was}"
        file.write_text(text.replace(was, now))
    return folder


@contextmanager
def process(shop: Shop, release: Path, name: str) -> Iterator[subprocess.Popen[bytes]]:
    """One process of that release, of the shop's database and broker."""
    command = list(RUN[name])
    if name == "worker":
        command += ["--hostname", f"{release.name}@%h"]
    with shop.log.open("ab") as out:
        run = subprocess.Popen(command, cwd=release, env=shop.env, stdout=out, stderr=out)
    try:
        yield run
    finally:
        run.terminate()
        try:
            run.wait(40)
        finally:
            run.kill()
