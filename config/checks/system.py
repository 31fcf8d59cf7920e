"""The shop's checks as Django system checks, run by commands and by `check --deploy`."""

from collections.abc import Iterable
from typing import Any

from django.core.checks import CheckMessage, Error, Warning, register

from bus.checks import TAG
from config.checks import database_checks, settings_checks
from config.checks.check import Check
from config.checks.crashpoints import check_crash_points
from config.checks.documents import check_documents


@register("shop", TAG)
def settings_can_be_used(**_options: Any) -> list[CheckMessage]:
    """Run before every command that does not turn system checks off, the relay's among them."""
    return _errors(settings_checks())


# Not before every command: the chaos campaign sets CRASH_POINTS without DEBUG.
@register("shop", deploy=True)
def shop_can_be_deployed(databases: Any = None, **_options: Any) -> list[CheckMessage]:
    """Run by `manage.py check --deploy`, which compose runs before it starts a service.

    With `--database` the documents' folder is compared with that database, as `up` does.
    """
    judged = [check_crash_points(), *database_checks()]
    if databases:
        judged.append(check_documents())
    return [*_errors(judged), *_warnings([*settings_checks(), *judged])]


def _errors(checks: Iterable[Check]) -> list[CheckMessage]:
    failing = (check for check in checks if check.fails)
    return [Error(f"{c.what}: {c.state}.", hint=c.fix, id="shop.E001") for c in failing]


def _warnings(checks: Iterable[Check]) -> list[CheckMessage]:
    advised = (check for check in checks if check.fix and not check.needed)
    return [Warning(f"{c.what}: {c.state}.", hint=c.fix, id="shop.W001") for c in advised]
