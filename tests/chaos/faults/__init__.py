"""Everything that is pulled out, each with the time within which all must be well again.

A module of this folder is a family of faults; each is known as soon as its file is there.
"""

from importlib import import_module
from pkgutil import iter_modules

from tests.chaos.faults.fault import Fault, Missed, fault, known

for family in iter_modules(__path__):
    import_module(f"{__name__}.{family.name}")

__all__ = ["Fault", "Missed", "fault", "known"]
