"""The address of a destination: one spelling for all, read from its setting."""

import re
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import unquote

from bus.broker import url as address_url
from bus.broker.url import BadAddress, Login

TLS = ("kafkas", "tls", "amqps", "sns", "sqs", "pubsub")
ENDPOINT = "endpoint"
"""The option of a cloud's service that names another server than the cloud's; one that begins with
http:// is reached without TLS."""
PERSONAL = "personal"
ANSWERS = {"yes": True, "no": False}


@dataclass(frozen=True)
class Spelling:
    """How the addresses of one kind of destination are written.

    `schemes` have their default ports. `host` and `path`, what stands after it, are patterns.
    `options` have the values that they can have, or none for any; those in `needs` must be there,
    those in `urls` are `http://` or `https://`, and those in `files` are absolute paths. Without
    `has_login` there is no user in it.
    """

    example: str
    schemes: Mapping[str, int]
    host: str = r".*"
    path: str = r".*"
    options: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    needs: tuple[str, ...] = ()
    urls: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
    several_hosts: bool = False
    has_login: bool = True


@dataclass(frozen=True, kw_only=True)
class Address(Login):
    """The parts of a destination's URL, percent-decoded.

    `personal`: the events that are sent there contain the customer's data.
    """

    scheme: str
    hosts: tuple[tuple[str, int], ...]
    path: str = ""
    options: Mapping[str, str] = field(default_factory=dict)
    personal: bool = False

    @property
    def servers(self) -> list[str]:
        """Its hosts with their ports."""
        return [f"{address_url.host_of(host)}:{port}" for host, port in self.hosts]

    def __str__(self) -> str:
        """Without user and password, for messages."""
        return ",".join(self.servers)

    def tls_context(self) -> ssl.SSLContext | None:
        """What verifies the server; None without TLS.

        Raises:
            OSError: a file is missing or cannot be read as what it has to be.
        """
        if not self.tls:
            return None
        context = ssl.create_default_context(cafile=self.ca_file or None)
        if self.cert_file:
            # With a password, since OpenSSL would ask the terminal for that of an encrypted key.
            context.load_cert_chain(self.cert_file, self.key_file or None, password="")
        return context

    @classmethod
    def read(cls, url: str, spelling: Spelling) -> "Address":
        """The parts of a URL.

        Raises:
            BadAddress: it cannot be read, or has something that is not supported.
        """
        parts, options = address_url.split(url, spelling.example)
        port = spelling.schemes.get(parts.scheme)
        login, _, hosts = parts.netloc.rpartition("@")
        several = hosts.split(",")
        path = unquote(parts.path.removeprefix("/"))
        if (
            port is None
            or not re.fullmatch(spelling.path, path)
            or (len(several) > 1 and not spelling.several_hosts)
        ):
            raise address_url.unreadable(spelling.example)
        username, _, password = login.partition(":")
        if bool(username) != bool(password):
            raise BadAddress("has half of a login; write user:password@ before the host.")
        if login and not spelling.has_login:
            raise BadAddress(
                f"has a user and a password; write it like {spelling.example}. The credentials are "
                "the machine's."
            )
        personal = options.pop(PERSONAL, "no")
        if personal not in ANSWERS:
            raise BadAddress(f"has {PERSONAL}={personal}; write {' or '.join(ANSWERS)}.")
        tls = parts.scheme in TLS and not options.get(ENDPOINT, "").startswith("http:")
        files = address_url.take_files(options, tls=tls)
        return cls(
            scheme=parts.scheme,
            hosts=tuple(_host(one, port, spelling) for one in several),
            path=path,
            options=_options(options, spelling, tls=tls),
            personal=ANSWERS[personal],
            username=unquote(username),
            password=unquote(password),
            tls=tls,
            **files,
        )


def _host(text: str, default: int, spelling: Spelling) -> tuple[str, int]:
    parts, _options = address_url.split(f"//{text}", spelling.example)
    try:
        host, port = parts.hostname, parts.port
    except ValueError:
        raise address_url.unreadable(spelling.example) from None
    if not host or port == 0 or parts.path or not re.fullmatch(spelling.host, host):
        raise address_url.unreadable(spelling.example)
    return unquote(host), port or default


def _options(options: dict[str, str], spelling: Spelling, *, tls: bool) -> dict[str, str]:
    found = {name: options.pop(name) for name in spelling.options if options.get(name)}
    address_url.refuse_others(options, *spelling.options, PERSONAL, tls=tls)
    for name, values in spelling.options.items():
        if name in spelling.needs and name not in found:
            raise BadAddress(f"needs the option {name}; write it like {spelling.example}.")
        if values and name in found and found[name] not in values:
            raise BadAddress(f"has {name}={found[name]}; write one of {', '.join(values)}.")
    for name in spelling.urls:
        if name in found and not re.match(r"https?://[^/]", found[name]):
            raise BadAddress(f"has {name}={found[name]}; write it like http://localhost:4566.")
    for name in spelling.files:
        if name in found and not found[name].startswith("/"):
            raise BadAddress(
                f"has {name}={found[name]}; write the file's absolute path, from / on."
            )
    return found
