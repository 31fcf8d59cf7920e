"""Putting one function of the shop in the place of another, in a process that is to be wrong."""

import sys
from typing import Any


def replace(original: Any, substitute: Any) -> None:
    """Wherever a module has `original`, it has `substitute` from now on.

    Raises:
        LookupError: no module has it, so nothing would be broken.
    """
    places = [
        (module, name)
        for module in list(sys.modules.values())
        for name, value in list(getattr(module, "__dict__", {}).items())
        if value is original
    ]
    if not places:
        raise LookupError(f"No module has {original!r}; name the function to replace.")
    for module, name in places:
        setattr(module, name, substitute)
