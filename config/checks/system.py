"""The shop's checks as Django's, so that every command and `check --deploy` make them."""

from collections.abc import Iterable
from typing import Any

from django.core.checks import CheckMessage, Error, Warning, register

from config.checks import database_checks, settings_checks
from config.checks.check import Check
from config.checks.crashpoints import check_crash_points


@register("shop")
def settings_can_be_used(**_asked: Any) -> list[CheckMessage]:
    """Before every command that does not say that it needs no checks; the relay asks for these."""
    return _errors(settings_checks())


# The campaign's shops set CRASH_POINTS without DEBUG, and must start.
@register("shop", deploy=True)
def shop_can_be_deployed(**_asked: Any) -> list[CheckMessage]:
    """At `manage.py check --deploy`, which compose makes before anything starts."""
    judged = [check_crash_points(), *database_checks()]
    return [*_errors(judged), *_warnings([*settings_checks(), *judged])]


def _errors(checks: Iterable[Check]) -> list[CheckMessage]:
    failing = (check for check in checks if check.fails)
    return [Error(f"{c.what}: {c.state}.", hint=c.fix, id="shop.E001") for c in failing]


def _warnings(checks: Iterable[Check]) -> list[CheckMessage]:
    advised = (check for check in checks if check.fix and not check.needed)
    return [Warning(f"{c.what}: {c.state}.", hint=c.fix, id="shop.W001") for c in advised]
