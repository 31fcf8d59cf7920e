"""DEBUG, SITE_URL and TRUSTED_PROXIES suit the names that lead to the shop."""

from django.conf import settings

from config.checks.check import Check
from config.site import host_of, is_public

WHY = "it shows tracebacks and settings to every visitor, and allows admin / admin"


def check_debug() -> Check:
    """DEBUG is off, or only this machine reaches the shop by its names."""
    if not settings.DEBUG:
        return Check("DEBUG", "off", WHY)
    fix = "Set DEBUG=0, or on a laptop leave SITE_URL and ALLOWED_HOSTS empty."
    if is_public(host_of(settings.SITE_URL)):
        return Check("DEBUG", f"is on, and SITE_URL is {settings.SITE_URL}", WHY, fix)
    public = [host for host in settings.ALLOWED_HOSTS if is_public(host) and host != "testserver"]
    if public:
        return Check("DEBUG", f"is on, and ALLOWED_HOSTS holds {public[0]}", WHY, fix)
    return Check("DEBUG", "on, for this machine alone", WHY)


def check_site_url() -> Check:
    """Links in mails start with SITE_URL, so customers must be able to reach it."""
    why = "links in mails and on pages start with it"
    public = [host for host in settings.ALLOWED_HOSTS if is_public(host) and host != "testserver"]
    if public and not is_public(host_of(settings.SITE_URL)):
        state = f"is {settings.SITE_URL}, and ALLOWED_HOSTS holds {public[0]}"
        fix = "Set SITE_URL to the address that customers use, as in https://shop.example.com."
        return Check("SITE_URL", state, why, fix)
    return Check("SITE_URL", settings.SITE_URL, why)


def check_proxies() -> Check:
    """The shop serves no TLS itself, so with https:// there is a proxy in front of it."""
    what, why = "TRUSTED_PROXIES", "budgets count by the client's address"
    if settings.TRUSTED_PROXIES:
        return Check(what, ", ".join(settings.TRUSTED_PROXIES), why)
    if not settings.SITE_URL.startswith("https://"):
        return Check(what, "none", why)
    state = "is empty, and with https:// there is a proxy: all clients share its budgets"
    fix = "Set it to the proxy's addresses or networks, as in 10.0.0.5,192.168.1.0/24."
    return Check(what, state, why, fix, needed=False)
