"""A toy shop, always stopped at the end of a test."""

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.support.wait import wait_until


class Running:
    """A toy shop that runs, and what it has printed so far."""

    def __init__(self, folder: Path, kind: str) -> None:
        self.folder = folder
        self.log = folder / "log"
        self.process = subprocess.Popen(
            [sys.executable, "-m", "config.tests.local.toy_shop", str(folder), kind],
            stdout=self.log.open("w"),
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )

    @property
    def text(self) -> str:
        return self.log.read_text()

    def pid(self, name: str) -> int | None:
        try:
            return int((self.folder / f"{name}.pid").read_text())
        except (FileNotFoundError, ValueError):
            return None

    def wait_for(self, event: Callable[[], object], seconds: float = 15) -> None:
        wait_until(event, seconds, lambda: self.text, 0.02)

    def ended(self, seconds: float = 15) -> int:
        return self.process.wait(seconds)


@pytest.fixture
def toy_shop(tmp_path: Path) -> Iterator[Callable[[str], Running]]:
    shops: list[Running] = []

    def start(kind: str) -> Running:
        shops.append(Running(tmp_path, kind))
        return shops[-1]

    yield start
    for shop in shops:
        for name in ("front", "back", "last"):
            if (pid := shop.pid(name)) and shop.process.poll() is None:
                with contextlib.suppress(ProcessLookupError):  # it may be between two lives
                    os.killpg(pid, signal.SIGKILL)
        shop.process.kill()
        shop.process.wait()
