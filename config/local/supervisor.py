"""The supervisor: keeps the shop's processes running, and stops them in order."""

import select
import signal
import time
from pathlib import Path

from config.local.child import Child
from config.local.lock import running_supervisor, take_lock, use_checkout
from config.local.program import Program
from config.local.signals import Signals
from config.local.terminal import Terminal

TRIES_AT_START = 3
READY_WITHIN = 60
STARTED_AFTER = 0.5
"""Seconds that a process must have run to count as started: a failing one usually ends sooner."""
TICK = 0.2
"""Seconds that `step` waits at most."""
PROJECT = Path(__file__).parents[2]


class CannotRun(Exception):
    """The shop cannot start; the text says why and what to change."""


class Supervisor:
    """All child processes of one VAR_DIR, which has one supervisor at a time.

    It has a single thread, because it forks: it selects on the children's output and on signals.

    Raises:
        CannotRun: another supervisor runs with this VAR_DIR.
    """

    def __init__(self, run_dir: Path, terminal: Terminal) -> None:
        self.run_dir = run_dir
        self.terminal = terminal
        self.children: dict[str, Child] = {}
        lock = take_lock(run_dir)
        if lock is None:
            raise CannotRun(
                f"The shop already runs from {run_dir.parent}, as process "
                f"{running_supervisor(run_dir)}. Stop it, or set VAR_DIR, PORT and FLOWER_PORT."
            )
        self._locks = [lock, use_checkout(PROJECT)]
        self.signals = Signals()

    def start(self, program: Program) -> None:
        child = Child(program, self.run_dir)
        self.children[program.name] = child
        child.start(self._own_files())

    def wait_until_ready(self) -> bool:
        """Wait until every child is ready; False if told to stop meanwhile.

        Raises:
            CannotRun: a child has ended three times, or is not ready within a minute.
        """
        deadline = time.monotonic() + READY_WITHIN
        missing = dict(self.children)
        while missing and not self.stopping:
            self.step()
            for name, child in list(missing.items()):
                if child.failures >= TRIES_AT_START:
                    raise CannotRun(
                        f"{name} cannot start: {child.last_line or 'it printed nothing'}"
                    )
                if child.age > STARTED_AFTER and child.program.ready():
                    del missing[name]
            if missing and time.monotonic() > deadline:
                names = ", ".join(missing)
                raise CannotRun(
                    f"Not ready after {READY_WITHIN} s: {names}. See their lines above."
                )
        return not self.stopping

    def run(self) -> None:
        """Keep all children running until told to stop."""
        while not self.stopping:
            self.step()

    @property
    def stopping(self) -> bool:
        return self.signals.stops > 0 or self.terminal.gone

    def stop(self) -> None:
        """Stop all children, stage by stage, and wait for them; a second Ctrl-C kills them."""
        self.signals.interrupting = False
        for stage in sorted({child.program.stage for child in self.children.values()}):
            self._stop_stage([c for c in self.children.values() if c.program.stage == stage])

    def _stop_stage(self, children: list[Child]) -> None:
        for child in children:
            child.ask_to_end()
        while any(child.running for child in children):
            self.step(restart=False)
            if self.signals.stops > 1:
                for child in children:
                    child.kill_family()

    def step(self, *, restart: bool = True) -> None:
        """Wait for output or a signal, at most `TICK` seconds, and act on what has happened."""
        outputs = {c.output: c for c in self.children.values() if c.output is not None}
        ready, _, _ = select.select([self.signals, *outputs], [], [], TICK)
        self.signals.drain()
        for descriptor in ready:
            if descriptor in outputs:
                self._print(outputs[descriptor])
        now = time.monotonic()
        for child in self.children.values():
            self._tend(child, now, restart=restart)

    def _tend(self, child: Child, now: float, *, restart: bool) -> None:
        if child.kill_if_late(now):
            self.terminal.line(child.name, "did not end in time and was killed")
        code = child.reap()
        if code is not None:
            self._ended(child, code, restart=restart)
        if restart and not child.running and now >= child.start_at:
            child.start(self._own_files())

    def _ended(self, child: Child, code: int, *, restart: bool) -> None:
        self._print(child)
        child.close_output()
        if restart:
            how = f"signal {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"
            wait = child.wait_before_restart()
            self.terminal.line(child.name, f"ended with {how}; restarting in {wait:g} s")

    def _print(self, child: Child) -> None:
        for line in child.lines():
            self.terminal.line(child.name, line)

    def _own_files(self) -> list[int]:
        outputs = [c.output for c in self.children.values() if c.output is not None]
        return [*self._locks, *self.signals.files, *outputs]
