"""How often Python looks for garbage that reference counts do not find."""

import gc

YOUNG, MIDDLE, OLD = 10_000, 20, 20
"""After so many new objects, and so many rounds, of each generation.

A request and a message make some thousands of objects, nearly all of which reference counts free.
With Python's own 700 they are looked through many times before they are gone.
"""


def collect_less() -> None:
    """Never look at what is there now, all that was imported, and at the rest less often."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(YOUNG, MIDDLE, OLD)
