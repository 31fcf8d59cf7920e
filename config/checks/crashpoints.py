"""Crash points are off wherever customers order."""

from django.conf import settings

from config.checks.check import Check


def check_crash_points() -> Check:
    """CRASH_POINTS is empty, or DEBUG is on."""
    why = "a file in the folder it names kills or holds a process"
    if settings.BUS_FAILPOINTS and not settings.DEBUG:
        fix = "Leave CRASH_POINTS empty; it is for tests alone."
        return Check("CRASH_POINTS", "is set, and DEBUG is not", why, fix)
    state = f"{settings.BUS_FAILPOINTS}, because of DEBUG" if settings.BUS_FAILPOINTS else "empty"
    return Check("CRASH_POINTS", state, why)
