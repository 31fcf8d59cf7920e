"""Where the shop is reached: SITE_URL, and the names that follow from it."""

import re
from ipaddress import ip_address, ip_network
from urllib.parse import urlsplit

import idna
from django.core.exceptions import ImproperlyConfigured

LOCAL = ("localhost", "127.0.0.1", "[::1]")
"""Health checks ask on the machine itself, so these are always among ALLOWED_HOSTS."""
HOST = re.compile(r"\.?[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?)*")
EXAMPLE = "https://shop.example.com"


def site_url(text: str) -> str:
    """Scheme, host and port, as browsers spell them: what links in mails begin with.

    Raises:
        ImproperlyConfigured: it is none, or has more.
    """
    refusal = ImproperlyConfigured(
        f"SITE_URL is {text!r}; set it to scheme, host and, if need be, port, as in {EXAMPLE}."
    )
    try:
        parts = urlsplit(text)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        raise refusal from None
    if parts.scheme not in ("http", "https") or not host or "@" in parts.netloc or port == 0:
        raise refusal
    if parts.path.strip("/") or parts.query or parts.fragment:
        raise refusal
    try:
        name = host_name(f"[{host}]" if ":" in host else host)
    except ValueError:
        raise refusal from None
    usual = {"http": 80, "https": 443}[parts.scheme]
    return f"{parts.scheme}://{name}" + (f":{port}" if port not in (None, usual) else "")


def allowed_hosts(names: list[str], url: str) -> list[str]:
    """ALLOWED_HOSTS as Django wants them: what was asked for, the host of `url`, this machine.

    Raises:
        ImproperlyConfigured: a name is none, as one with a scheme or a port.
    """
    found = []
    for name in names:
        try:
            found.append("*" if name == "*" else host_name(name.replace("*.", ".", 1)))
        except ValueError:
            raise ImproperlyConfigured(
                f"ALLOWED_HOSTS holds {name!r}; write names alone, separated by commas, without "
                "scheme and port, as in shop.example.com,.example.org."
            ) from None
    return list(dict.fromkeys([*found, host_of(url), *LOCAL]))


def proxies(names: list[str]) -> list[str]:
    """TRUSTED_PROXIES: addresses and networks.

    Raises:
        ImproperlyConfigured: one is neither, such as a host's name, which would never match.
    """
    for name in names:
        try:
            ip_network(name)
        except ValueError:
            raise ImproperlyConfigured(
                f"TRUSTED_PROXIES holds {name!r}; write addresses or networks, separated by "
                "commas, as in 10.0.0.5,192.168.1.0/24."
            ) from None
    return names


def host_of(url: str) -> str:
    """The host of a URL, an IPv6 address in brackets."""
    host = urlsplit(url).hostname or ""
    return f"[{host}]" if ":" in host else host


def host_name(text: str) -> str:
    """A host's name or address in lower case and ASCII.

    Raises:
        ValueError: it is none.
    """
    name = text.lower()
    if name.startswith("[") and name.endswith("]"):
        return f"[{ip_address(name[1:-1])}]"
    if not name.isascii():
        dot = "." if name.startswith(".") else ""
        name = dot + idna.encode(name.removeprefix("."), uts46=True).decode()
    if not HOST.fullmatch(name):
        raise ValueError(text)
    return name


def is_public(host: str) -> bool:
    """Whether a name of ALLOWED_HOSTS may be known outside this machine."""
    name = host.strip("[]").removeprefix(".")
    if name == "localhost" or name.endswith(".localhost"):
        return False
    try:
        return not ip_address(name).is_loopback
    except ValueError:
        return True
