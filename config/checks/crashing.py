"""Nobody can stop the shop's processes with a file where customers order."""

from django.conf import settings

from config.checks.check import Check
from config.crashing import WAY_OUT, WHY, is_exposed


def check_crash_points() -> Check:
    if is_exposed():
        return Check("CRASH_POINTS", "is set, and DEBUG is not", WHY, WAY_OUT)
    state = f"{settings.CRASH_POINTS}, because of DEBUG" if settings.CRASH_POINTS else "empty"
    return Check("CRASH_POINTS", state, WHY)
