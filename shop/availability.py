"""How many pieces of a product can still be promised, as far as some app keeps a stock.

A hint for whoever is about to order, read without a lock: the stock's own reservation decides.
"""

from collections.abc import Callable, Collection, Mapping

Count = Callable[[Collection[str]], Mapping[str, int]]
"""Pieces by SKU that can be promised now, 0 or more, of every SKU that is asked for."""

_counts: list[Count] = []


class CountedTwice(RuntimeError):
    """Two apps want to count the stock; remove one of them from INSTALLED_APPS."""


def counted_by(count: Count) -> None:
    """Let an app answer for the stock; called when it is ready.

    Raises:
        CountedTwice: another one does.
    """
    if _counts and _counts != [count]:
        raise CountedTwice(
            f"{_counts[0].__module__} counts the stock; so would {count.__module__}."
        )
    _counts[:] = [count]


def available(skus: Collection[str]) -> Mapping[str, int]:
    """The pieces available of each SKU, in one query; empty where no app keeps a stock."""
    return _counts[0](skus) if _counts and skus else {}
