"""A pipe by which forked processes give their measurements to the process that serves metrics.

A worker's handlers run in processes that it forks and replaces. Each message costs them one write
of some hundred bytes; there are no files to share or to clean up after a process that was killed.
"""

import os
import select
from collections.abc import Sequence
from contextlib import suppress
from threading import Thread

import msgspec

from bus import measurements
from bus.measurements import Collector, Figure, Measurement

decode = msgspec.json.Decoder(list[tuple[Figure, float, tuple[str, ...]]]).decode


_pipes: list["Pipe"] = []
"""The one of this process, in which forks report as long as measurements are collected here."""


def _use_in_child() -> None:
    if measurements.are_collected():
        for pipe in _pipes:
            pipe.use_in_child()


# Once: what is registered stays so.
os.register_at_fork(after_in_child=_use_in_child)


class Pipe:
    """Passes on to `collect` what forked processes report."""

    def __init__(self, collect: Collector) -> None:
        self._read, self._write = os.pipe()
        # A full pipe must not hold up a delivery: then the measurements are dropped.
        os.set_blocking(self._write, False)
        _pipes[:] = [self]
        Thread(target=self._receive, args=(collect,), daemon=True, name="measurements").start()

    def send(self, made: Sequence[Measurement]) -> None:
        """Write these at once, or drop them."""
        line = msgspec.json.encode(made) + b"\n"
        # Up to so many bytes, lines of several processes do not mix (POSIX, write).
        if len(line) <= select.PIPE_BUF:
            with suppress(OSError):  # it is full, or the parent is gone
                os.write(self._write, line)

    def use_in_child(self) -> None:
        with suppress(OSError):
            os.close(self._read)
        measurements.collect_with(self.send)

    def _receive(self, collect: Collector) -> None:
        # Not closed with the object: a forked process inherits it, and has closed the number.
        with open(self._read, "rb", closefd=False) as lines:
            for line in lines:
                collect(decode(line))
