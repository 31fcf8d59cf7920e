"""DEBUG shows tracebacks and opens the admin to admin / admin: on a laptop alone."""

from django.conf import settings

from config.checks.check import Check
from config.site import host_of, is_public

WHY = "DEBUG shows the shop's insides to whoever comes by"


def check_debug() -> Check:
    """Refuse DEBUG where a name that others know leads to the shop."""
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
    """Links in mails lead to SITE_URL, so it must be one of the names that customers know."""
    why = "links in mails and on pages begin with it"
    public = [host for host in settings.ALLOWED_HOSTS if is_public(host) and host != "testserver"]
    if public and not is_public(host_of(settings.SITE_URL)):
        state = f"is {settings.SITE_URL}, and ALLOWED_HOSTS holds {public[0]}"
        fix = "Set SITE_URL to the address that customers use, as in https://shop.example.com."
        return Check("SITE_URL", state, why, fix)
    return Check("SITE_URL", settings.SITE_URL, why)


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
