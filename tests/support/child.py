"""One process of the shop, which faults may kill, freeze and start otherwise."""

import os
import subprocess
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from signal import SIGKILL, SIGTERM

LOWER = 5
GRACE = 40
"""Seconds that a supervisor gives a process which it asked to stop."""


class Child:
    """Runs `command` in a process group of its own; its output goes on in one log.

    `held` keeps the keeper from starting it again. An exit that no fault announced with
    `expect_exit` is kept in `surprises`: nothing but a fault may end a process of the shop.
    """

    def __init__(self, name: str, command: list[str], env: Mapping[str, str], log: Path) -> None:
        self.name = name
        self.command = command
        self.env = dict(env)
        self.log = log
        self.extra: dict[str, str] = {}
        self.user: str | None = None
        self.cwd = Path("/")
        self.held = False
        self.surprises: list[str] = []
        self.starts = 0
        self._expected_until = 0.0
        self._process: subprocess.Popen[bytes] | None = None
        # A fault may start it while the keeper looks: one of the two, and one process.
        self._starting = threading.Lock()

    def start(self) -> None:
        with self._starting:
            self._start()

    def _start(self) -> None:
        self.starts += 1
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                self.command, env={**self.env, **self.extra}, cwd=self.cwd,
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, user=self.user,
                start_new_session=True,
            )  # fmt: skip
        # Below the one who started it, whose wires and providers must not be what is slow.
        lower = os.getpriority(os.PRIO_PROCESS, 0) + LOWER
        os.setpriority(os.PRIO_PROCESS, self._process.pid, lower)
        self.held = False

    @property
    def pid(self) -> int:
        return self._process.pid if self._process else 0

    @property
    def alive(self) -> bool:
        return self._process is not None and self._process.poll() is None

    @property
    def exit_code(self) -> int | None:
        """What it ended with; None while it runs."""
        return self._process.poll() if self._process else None

    def expect_exit(self, within: float) -> None:
        """A fault may end this process in the next seconds."""
        self._expected_until = time.monotonic() + within

    def look_after(self) -> bool:
        """What a supervisor does now and then: start it again if it ended. True if it had to."""
        with self._starting:
            if self.held or self.alive:
                return False
            if self._process and time.monotonic() > self._expected_until:
                self.surprises.append(f"{self.name} ended with {self._process.returncode}")
            self._start()
            return True

    def kill(self, *, hold: bool = False) -> None:
        """kill -9 of the whole group."""
        self.held = hold
        self.expect_exit(5)
        self.signal_group(SIGKILL)
        if self._process:
            self._process.wait()

    def signal_group(self, number: int) -> None:
        # Never group 0, which is one's own.
        if self._process:
            with suppress(ProcessLookupError):
                os.killpg(self.pid, number)

    def send(self, number: int) -> None:
        if self._process:
            with suppress(ProcessLookupError):
                os.kill(self.pid, number)

    def stop(self, grace: float = GRACE, number: int = SIGTERM) -> None:
        """Ask it to end, and kill it after the grace; it stays stopped."""
        self.held = True
        if not self.alive or not self._process:
            return
        self.send(number)
        try:
            self._process.wait(grace)
        except subprocess.TimeoutExpired:
            self.kill(hold=True)
        self.signal_group(SIGKILL)

    def pool(self) -> list[int]:
        """The process ids of its own children: a worker's pool."""
        found = []
        with suppress(OSError):
            for children in Path(f"/proc/{self.pid}/task").glob("*/children"):
                found += [int(pid) for pid in children.read_text().split()]
        return found
