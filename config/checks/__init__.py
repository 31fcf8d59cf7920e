"""What a start of the shop needs: usable settings, a safe database, no leftovers of the demo.

`doctor`, `up` and `check --deploy` run all checks that concern them. The web server, the relay,
workers, beat and Flower, however they are started, run those of the settings.
"""

from collections.abc import Callable, Iterable, Iterator

from config.checks.check import Check
from config.checks.database import check_limits
from config.checks.factors import check_second_factor
from config.checks.leftovers import check_goods, check_staff
from config.checks.legal import check_legal_texts
from config.checks.mail import check_mail_server
from config.checks.operators import check_operators
from config.checks.outlets import check_destinations, check_webhooks
from config.checks.prices import check_prices
from config.checks.secrets import (
    check_flower_login,
    check_personal_keys,
    check_secret_key,
    check_warehouse_secret,
)
from config.checks.seller import check_currency, check_samples, check_seller
from config.checks.site import check_debug, check_proxies, check_site_url
from config.checks.warehouse import check_warehouse_url

SETTINGS: tuple[Callable[[], Check], ...] = (
    check_debug,
    check_site_url,
    check_proxies,
    check_secret_key,
    check_personal_keys,
    check_samples,
    check_seller,
    check_currency,
    check_flower_login,
    check_second_factor,
    check_mail_server,
    check_operators,
    check_warehouse_url,
    check_warehouse_secret,
    check_webhooks,
    check_destinations,
)


def settings_checks() -> Iterator[Check]:
    """What the settings alone can tell."""
    return (check() for check in SETTINGS)


def database_checks() -> Iterator[Check]:
    """What a database that answers can tell."""
    yield check_limits()
    yield check_staff()
    yield check_goods()
    yield check_prices()
    yield check_legal_texts()


def require(checks: Iterable[Check]) -> None:
    """End a process that must not start, with the first reason.

    Raises:
        SystemExit: with one sentence.
    """
    for check in checks:
        if check.fails:
            raise SystemExit(f"The settings cannot be used: {check}")
