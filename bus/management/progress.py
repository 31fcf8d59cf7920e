"""Progress of a command that works in steps."""

from collections.abc import Iterable

from django.core.management.base import OutputWrapper


def count_up(stdout: OutputWrapper, counts: Iterable[int], words: str) -> int:
    """The sum of the counts. Progress is shown on a terminal only."""
    total = 0
    for count in counts:
        total += count
        if stdout.isatty():
            stdout.write(f"\r{total} {words}", ending="")
    if stdout.isatty():
        stdout.write("\r", ending="")
    return total
