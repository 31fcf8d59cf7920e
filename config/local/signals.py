"""Signals to the supervisor: requests to stop, and ended children."""

import os
import signal
import socket
from types import FrameType

STOPS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Signals:
    """Counts requests to stop, and makes `fileno` readable at every signal, for `select`.

    While `interrupting` is true, a request also raises KeyboardInterrupt.
    """

    def __init__(self) -> None:
        self.stops = 0
        self.interrupting = False
        self._reader, self._writer = socket.socketpair()
        for end in (self._reader, self._writer):
            end.setblocking(False)
        signal.set_wakeup_fd(self._writer.fileno(), warn_on_full_buffer=False)
        for number in STOPS:
            signal.signal(number, self._stop)
        signal.signal(signal.SIGCHLD, lambda *_: None)

    def fileno(self) -> int:
        return self._reader.fileno()

    @property
    def files(self) -> list[int]:
        """Open files that a child must close."""
        return [self._reader.fileno(), self._writer.fileno()]

    def drain(self) -> None:
        while True:
            try:
                os.read(self._reader.fileno(), 512)
            except BlockingIOError:
                return

    def _stop(self, _number: int, _frame: FrameType | None) -> None:
        self.stops += 1
        if self.interrupting:
            raise KeyboardInterrupt
