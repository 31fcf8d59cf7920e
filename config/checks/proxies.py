"""The shop knows its customers apart behind a proxy."""

from django.conf import settings

from config.checks.check import Check


def check_proxies() -> Check:
    """The shop itself speaks no TLS, so with https:// there is a proxy, of any address."""
    what, why = "TRUSTED_PROXIES", "budgets go by each client's address"
    if settings.TRUSTED_PROXIES:
        return Check(what, ", ".join(settings.TRUSTED_PROXIES), why)
    if not settings.SITE_URL.startswith("https://"):
        return Check(what, "none", why)
    state = "is empty, and with https:// there is a proxy: all clients share its budgets"
    fix = "Set it to the proxy's addresses or networks, as in 10.0.0.5,192.168.1.0/24."
    return Check(what, state, why, fix, needed=False)
