"""A number that grows in a terminal while a command works in steps."""

from collections.abc import Iterable

from django.core.management.base import OutputWrapper


def count_up(stdout: OutputWrapper, counts: Iterable[int], words: str) -> int:
    """Go through the steps and return their sum; what is no terminal is spared the way there."""
    total = 0
    for count in counts:
        total += count
        if stdout.isatty():
            stdout.write(f"\r{total} {words}", ending="")
    if stdout.isatty():
        stdout.write("\r", ending="")
    return total
