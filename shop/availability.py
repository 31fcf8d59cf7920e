"""Available pieces per product, from the app that keeps the stock, if there is one.

A hint without a lock: only the stock's reservation decides.
"""

from collections.abc import Callable, Collection, Mapping

Count = Callable[[Collection[str]], Mapping[str, int]]
"""Returns the available pieces, 0 or more, of every given SKU."""

_counts: list[Count] = []


class CountedTwice(RuntimeError):
    """Two apps register a count; remove one of them from INSTALLED_APPS."""


def counted_by(count: Count) -> None:
    """Register the app that counts the stock; called by its `ready`.

    Raises:
        CountedTwice: another app has registered.
    """
    if _counts and _counts != [count]:
        raise CountedTwice(
            f"{_counts[0].__module__} and {count.__module__} both count the stock; remove one of "
            "the two apps from INSTALLED_APPS."
        )
    _counts[:] = [count]


def available(skus: Collection[str]) -> Mapping[str, int]:
    """The available pieces of each SKU, in one query; empty if no app keeps a stock."""
    return _counts[0](skus) if _counts and skus else {}
