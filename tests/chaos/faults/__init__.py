"""Everything that is pulled out, each with the time within which all must be well again."""

from tests.chaos.faults import processes
from tests.chaos.faults.fault import Fault, fault, known

__all__ = ["Fault", "fault", "known", "processes"]
