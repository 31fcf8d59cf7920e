"""The shop's address, host names and proxies: SITE_URL, ALLOWED_HOSTS, TRUSTED_PROXIES."""

import re
from ipaddress import ip_address, ip_network
from urllib.parse import urlsplit

import idna
from django.core.exceptions import ImproperlyConfigured

LOCAL = ("localhost", "127.0.0.1", "[::1]")
"""Always among ALLOWED_HOSTS, for health checks on the machine itself."""
HOST = re.compile(r"\.?[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?)*")
EXAMPLE = "https://shop.example.com"


def site_url(text: str) -> str:
    """Scheme, host and port in a browser's spelling: the start of links in mails.

    Raises:
        ImproperlyConfigured: the text is no such URL, or has more parts.
    """
    refusal = ImproperlyConfigured(
        f"SITE_URL is {text!r}; set it to scheme, host and, optionally, port, as in {EXAMPLE}."
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
    """Django's ALLOWED_HOSTS: `names`, the host of `url`, and this machine's.

    Raises:
        ImproperlyConfigured: a name is no host name, such as one with a scheme or a port.
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


def networks(setting: str, names: list[str]) -> list[str]:
    """A setting with addresses and networks.

    Raises:
        ImproperlyConfigured: one is neither; a host's name would never match.
    """
    for name in names:
        try:
            ip_network(name)
        except ValueError:
            raise ImproperlyConfigured(
                f"{setting} holds {name!r}; write addresses or networks, separated by "
                "commas, as in 10.0.0.5,192.168.1.0/24."
            ) from None
    return names


def host_of(url: str) -> str:
    """The host of a URL; an IPv6 address has its brackets."""
    host = urlsplit(url).hostname or ""
    return f"[{host}]" if ":" in host else host


def host_name(text: str) -> str:
    """A host's name or address in lower case and ASCII (IDNA 2008).

    Raises:
        ValueError: the text is neither.
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
    """Whether other machines may reach the shop by this host name or address."""
    name = host.strip("[]").removeprefix(".")
    if name == "localhost" or name.endswith(".localhost"):
        return False
    try:
        return not ip_address(name).is_loopback
    except ValueError:
        return True
