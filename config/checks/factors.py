"""Staff log in with a second factor."""

from django.conf import settings

from config.checks.check import Check


def check_second_factor() -> Check:
    """Advice: a shop without it starts all the same."""
    what, why = "STAFF_SECOND_FACTOR", "a stolen password alone does not open the admin"
    if settings.STAFF_SECOND_FACTOR:
        return Check(what, "1: staff set up an app at their next login", why)
    state = "0: only those who have set it up need a second factor"
    fix = "" if settings.DEBUG else "Set it to 1; docs/operate.md says what staff then see."
    return Check(what, state, why, fix, needed=False)
