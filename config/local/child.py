"""One supervised process: started, watched, restarted with a growing wait, stopped."""

import contextlib
import math
import os
import signal
import time
from collections.abc import Iterable
from pathlib import Path

from config.local.program import Program
from config.local.spawn import spawn

STEADY_AFTER = 60
"""Seconds that a process must run for its next failure to count as the first again."""
LONGEST_WAIT = 30
"""Seconds before a restart."""
CHUNK = 65536


class Child:
    """The state of one program's process. Its id is in `<name>.pid` while it runs."""

    def __init__(self, program: Program, run_dir: Path) -> None:
        self.program = program
        self.name = program.name
        self.pid_file = run_dir / f"{program.name}.pid"
        self.pid: int | None = None
        self.output: int | None = None
        self.failures = 0
        self.start_at = 0.0
        self.kill_at: float | None = None
        self.last_line = ""
        self._half_line = b""
        self._started_at = 0.0

    @property
    def running(self) -> bool:
        return self.pid is not None

    @property
    def age(self) -> float:
        """Seconds since the process was started; 0 while there is none."""
        return time.monotonic() - self._started_at if self.running else 0.0

    def start(self, close: Iterable[int]) -> None:
        """Start the process; it closes the open files `close`, which are the supervisor's."""
        self.pid, self.output = spawn(self.program.run, close)
        self.pid_file.write_text(f"{self.pid}\n")
        self._started_at = time.monotonic()

    def ask_to_end(self) -> None:
        """Send the stop signal, once; the process is killed when the program's grace is over."""
        if self.pid is None or self.kill_at is not None:
            return
        os.kill(self.pid, self.program.stop_signal)
        self.kill_at = time.monotonic() + self.program.grace.total_seconds()

    def kill_if_late(self, now: float) -> bool:
        """Kill a process that has outlived its grace; True if it was killed now."""
        if self.pid is None or self.kill_at is None or now < self.kill_at:
            return False
        self.kill_family()
        self.kill_at = math.inf
        return True

    def kill_family(self) -> None:
        """Kill the process and all it has started. Its id stays ours until it is reaped."""
        if self.pid is None:
            return
        for kill in (os.killpg, os.kill):
            with contextlib.suppress(ProcessLookupError, PermissionError):
                kill(self.pid, signal.SIGKILL)

    def reap(self) -> int | None:
        """If the process has ended: kill what it left, return its code (negative: a signal)."""
        if self.pid is None:
            return None
        if os.waitid(os.P_PID, self.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None:
            return None
        self.kill_family()
        _, status = os.waitpid(self.pid, 0)
        if self.age > STEADY_AFTER:
            self.failures = 0
        self.pid = None
        self.pid_file.unlink(missing_ok=True)
        return os.waitstatus_to_exitcode(status)

    def wait_before_restart(self) -> float:
        """Count a failure; return the seconds until the next start: 1, 2, 4, ... 30."""
        self.failures += 1
        wait = float(min(2 ** (self.failures - 1), LONGEST_WAIT))
        self.start_at = time.monotonic() + wait
        return wait

    def lines(self) -> list[str]:
        """The complete lines of output since the last call, without those that it hides."""
        if self.output is None:
            return []
        text = self._half_line
        with contextlib.suppress(BlockingIOError):
            while read := os.read(self.output, CHUNK):
                text += read
        *whole, self._half_line = text.split(b"\n")
        texts = [line.decode(errors="replace").rstrip() for line in whole]
        hides = self.program.hides
        texts = [text for text in texts if text and not (hides and hides in text)]
        self.last_line = texts[-1] if texts else self.last_line
        return texts

    def close_output(self) -> None:
        if self.output is not None:
            os.close(self.output)
            self.output = None
