"""How the supervisor hears that it shall stop, or that a child has ended."""

import os
import signal
import socket
from types import FrameType

STOPS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Signals:
    """Counts requests to stop, and wakes a `select` on `fileno` for every signal.

    While `interrupting`, a request raises KeyboardInterrupt instead, as in any other command.
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
        """What a child must close."""
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
