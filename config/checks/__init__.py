"""What a start of the shop needs: settings, machine, servers, and no leftovers of a demonstration.

`doctor`, `up` and `check --deploy` make all checks that concern them; web, relay, workers, beat and
Flower, however they are started, those of the settings.
"""

from collections.abc import Callable, Iterable, Iterator

from config.checks.check import Check
from config.checks.crashing import check_crash_points
from config.checks.database import check_database, check_limits
from config.checks.debug import check_debug, check_site_url
from config.checks.documents import check_documents
from config.checks.leftovers import check_goods, check_staff
from config.checks.machine import check_folder, check_port, check_ports_differ, check_python
from config.checks.prices import check_prices
from config.checks.proxies import check_proxies
from config.checks.redis import check_redis
from config.checks.secrets import check_flower_login, check_secret_key, check_warehouse_secret
from config.checks.seller import check_currency, check_samples, check_seller
from config.checks.warehouse import check_warehouse_url

__all__ = [
    "Check",
    "all_checks",
    "check_crash_points",
    "check_limits",
    "database_checks",
    "require",
    "settings_checks",
]

SETTINGS: tuple[Callable[[], Check], ...] = (
    check_debug,
    check_site_url,
    check_proxies,
    check_secret_key,
    check_samples,
    check_seller,
    check_currency,
    check_flower_login,
    check_warehouse_url,
    check_warehouse_secret,
)


def settings_checks() -> Iterator[Check]:
    """What can be judged by the settings alone."""
    return (check() for check in SETTINGS)


def database_checks() -> Iterator[Check]:
    """What is asked of a database that answers."""
    yield check_limits()
    yield check_staff()
    yield check_goods()
    yield check_prices()


def all_checks(*, may_run: bool = False) -> Iterator[Check]:
    """Each check is made when it is asked for, cheap ones first.

    With `may_run` the shop may be running meanwhile, whoever has started it.
    """
    yield check_python()
    yield from settings_checks()
    yield check_crash_points()
    yield check_folder()
    yield check_port("PORT", may_run=may_run)
    yield check_port("FLOWER_PORT", may_run=may_run)
    yield check_ports_differ()
    yield check_database()
    yield check_documents()
    yield from database_checks()
    yield check_redis()


def require(checks: Iterable[Check]) -> None:
    """End a process that must not start, with the first reason.

    Raises:
        SystemExit: with one sentence.
    """
    for check in checks:
        if check.fails:
            raise SystemExit(f"The settings cannot be used: {check}")
