"""Where events are forwarded to: webhooks, and destinations with an address and a client."""

import ssl
from pathlib import Path

from django.conf import settings

from bus.broker.url import BadAddress
from config.checks.check import Check
from outlets.destinations.kinds import address, configured
from outlets.events import PUBLIC


def check_webhooks() -> Check:
    """Whether webhooks are sent, and what sends them."""
    state, own = "off", settings.OUTLET_CA_CERTS
    try:
        ssl.create_default_context(cafile=own or None)
    except OSError as error:
        fix = f"It must be a file of certificates (PEM) on this machine: {error}."
        return Check("OUTLET_CA_CERTS", f"names {own}", "it verifies endpoints of webhooks", fix)
    if settings.OUTLET_WEBHOOKS:
        sender = "manage.py work" if settings.WITHOUT_BROKER else "a worker of the queue outlets"
        state = f"on; {sender} sends them"
    return Check("Webhooks", state, "endpoints get events of orders (OUTLET_WEBHOOKS)")


def check_destinations() -> Check:
    """The state never shows a whole address, which may hold a password."""
    why = "events of orders are forwarded there"
    names = [event.__name__ for event in PUBLIC]
    for name in settings.OUTLET_EVENTS:
        if name not in names:
            fix = f"Write some of {', '.join(names)}, or leave it empty for all."
            return Check("OUTLET_EVENTS", f"names {name}, which is no public event", why, fix)
    found = []
    for kind in configured():
        try:
            where = address(kind)
            where.tls_context()
            for name in kind.spelling.files:
                if file := where.options.get(name):
                    Path(file).read_bytes()
            found.append(f"{kind.name} at {where}")
        except BadAddress as error:
            return Check(kind.setting, "cannot be used", why, f"It {error}")
        except OSError as error:
            fix = f"A file that it names cannot be read: {error}. It must be on this machine."
            return Check(kind.setting, "cannot be used", why, fix)
        if kind.lacks:
            return Check(kind.setting, "cannot be used", why, f"It {kind.lacks}")
    return Check("Destinations", ", ".join(found) or "none", why)
